#include "pulse/simulate/github_rest_urls.h"

#include <fmt/format.h>

namespace pulse::simulate::github {

std::string ApiUrl(const Repository& repository) {
  return fmt::format("{}/repos/{}", kApiBase, repository.full_name);
}

std::string PullUrl(const Repository& repository, std::int64_t number) {
  return fmt::format("{}/pulls/{}", ApiUrl(repository), number);
}

void WriteLinks(
    ObjectWriter& object, std::initializer_list<std::pair<std::string_view, std::string>> links
) {
  object.Value("_links", [&](std::string& out) {
    ObjectWriter all(out);
    for (const auto& link : links) {
      all.Value(link.first, [&link](std::string& to) {
        ObjectWriter target(to);
        target.Text("href", link.second);
      });
    }
  });
}

}  // namespace pulse::simulate::github
