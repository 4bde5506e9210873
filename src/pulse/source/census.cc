#include "pulse/source/census.h"

#include <algorithm>

namespace pulse::source {

bool TakesCensus(const model::JobOptions& options) {
  const bool reads_a_part = !options.query.empty() || options.since || options.until;
  return (options.census || options.full) && !reads_a_part && !options.replay;
}

std::optional<model::Gap> MassVanish(
    std::string_view entity_type, const store::Missing& missing, const model::JobOptions& options
) {
  constexpr std::int64_t kFew = 20;
  constexpr std::int64_t kShare = 10;
  if (options.accept_vanished || missing.missing <= std::max(kFew, missing.known / kShare))
    return std::nullopt;
  return model::Gap{
      std::string(entity_type),
      "census",
      std::to_string(missing.missing) + " of " + std::to_string(missing.known) +
          " known records were not listed: too many to be deletions, nothing was marked (check "
          "the credential's rights and the integration's scope; if they are really gone: "
          "pulse sync NAME --census --accept-vanished)"
  };
}

}  // namespace pulse::source
