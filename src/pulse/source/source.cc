#include "pulse/source/source.h"

#include <algorithm>

namespace pulse::source {

const Connector* ConnectorFor(const Connectors& connectors, std::string_view entity_type) {
  for (const auto& [provider, connector] : connectors) {
    const auto types = connector->entity_types();
    if (std::find(types.begin(), types.end(), entity_type) != types.end()) return connector.get();
  }
  return nullptr;
}

}  // namespace pulse::source
