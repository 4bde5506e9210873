#include "pulse/source/github/scope.h"

namespace pulse::source::github {
namespace {

std::string_view Find(const model::Integration& integration, const std::string& key) {
  const auto found = integration.scope.find(key);
  return found == integration.scope.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<std::string> NamesIn(std::string_view list, std::string_view owner) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::size_t end = list.find_first_of(", \t\n");
    std::string_view name = list.substr(0, end);
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    if (name.starts_with("repo:")) name.remove_prefix(5);
    if (name.empty()) continue;
    if (name.find('/') != std::string_view::npos) {
      names.emplace_back(name);
    } else if (!owner.empty()) {
      names.push_back(std::string(owner).append("/").append(name));
    }
  }
  return names;
}

}  // namespace

RepositoryScope ScopeOf(
    const model::Integration& integration, const model::JobOptions& options, const Step& step
) {
  const std::string_view owner = Find(integration, "owner");
  for (const std::string_view list :
       {std::string_view(step.only), std::string_view(options.query), Find(integration, "repo")}) {
    if (auto names = NamesIn(list, owner); !names.empty()) return {std::move(names), {}};
  }
  return {{}, std::string(owner)};
}

bool WantsRest(const model::Integration& integration) { return Find(integration, "api") == "rest"; }

bool WantsDetail(const model::Integration& integration) {
  return Find(integration, "detail") == "true";
}

}  // namespace pulse::source::github
