// Routes of the simulated Jira: which path of which product is answered by which handler.

#include <algorithm>
#include <array>

#include "pulse/base/clock.h"
#include "pulse/simulate/api.h"
#include "pulse/simulate/append.h"
#include "pulse/simulate/credential.h"
#include "pulse/simulate/jira_call.h"
#include "pulse/simulate/jira_edits.h"
#include "pulse/simulate/jira_file_source.h"
#include "pulse/simulate/jira_world_source.h"
#include "pulse/simulate/simulator.h"

namespace pulse::simulate {
namespace {

enum class Product : unsigned char { kBoth, kCloud, kDataCenter };

struct Route {
  std::string_view method;
  std::string_view pattern;  ///< After /rest/; the version of the platform API is left out.
  JiraHandler handler;
  Product product = Product::kBoth;
};

constexpr std::array kRoutes = {
    Route{"GET", "api/serverInfo", ServerInfo},
    Route{"GET", "api/myself", Myself},
    Route{"GET", "api/field", Fields},
    Route{"GET", "api/field/search", FieldSearch, Product::kCloud},
    Route{"GET", "api/issuetype", IssueTypes},
    Route{"GET", "api/issuetype/project", ProjectIssueTypes, Product::kCloud},
    Route{"GET", "api/status", Statuses},
    Route{"GET", "api/statuses/search", StatusSearch, Product::kCloud},
    Route{"GET", "api/project", Projects},
    Route{"GET", "api/project/search", ProjectSearch, Product::kCloud},
    Route{"GET", "api/project/*", ProjectByKey},
    Route{"GET", "api/project/*/statuses", ProjectStatuses},
    Route{"GET", "api/project/*/versions", ProjectVersions},
    Route{"GET", "api/priority", Priorities},
    Route{"GET", "api/priority/search", PrioritySearch, Product::kCloud},
    Route{"GET", "api/resolution", Resolutions},
    Route{"GET", "api/resolution/search", ResolutionSearch, Product::kCloud},
    Route{"GET", "api/issueLinkType", LinkTypes},
    Route{"GET", "api/users/search", UsersSearch, Product::kCloud},
    Route{"GET", "api/user", UserByName},
    Route{"GET", "api/user/search", UsersSearch},
    Route{"GET", "api/user/picker", UserPicker},
    Route{"GET", "api/filter/*", Filter},
    Route{"GET", "api/search/jql", SearchJql, Product::kCloud},
    Route{"POST", "api/search/jql", SearchJql, Product::kCloud},
    Route{"GET", "api/search", SearchRemoved, Product::kCloud},
    Route{"POST", "api/search", SearchRemoved, Product::kCloud},
    Route{"GET", "api/search", SearchByOffset, Product::kDataCenter},
    Route{"POST", "api/search", SearchByOffset, Product::kDataCenter},
    Route{"POST", "api/search/approximate-count", ApproximateCount, Product::kCloud},
    Route{"POST", "api/issue/bulkfetch", IssueBulkFetch, Product::kCloud},
    Route{"POST", "api/changelog/bulkfetch", ChangelogBulkFetch, Product::kCloud},
    Route{"GET", "api/issue/*", IssueByKey},
    Route{"GET", "api/issue/*/changelog", IssueChangelog, Product::kCloud},
    Route{"GET", "api/issue/*/comment", IssueComments},
    Route{"GET", "api/issue/*/worklog", IssueWorklogs},
    Route{"GET", "api/issue/*/remotelink", IssueRemoteLinks},
    Route{"POST", "api/comment/list", CommentList, Product::kCloud},
    Route{"GET", "api/worklog/updated", WorklogsUpdated},
    Route{"GET", "api/worklog/deleted", WorklogsDeleted},
    Route{"POST", "api/worklog/list", WorklogList},
    Route{"GET", "agile/1.0/board", Boards},
    Route{"GET", "agile/1.0/board/*", BoardById},
    Route{"GET", "agile/1.0/board/*/configuration", BoardConfiguration},
    Route{"GET", "agile/1.0/board/*/sprint", BoardSprints},
    Route{"GET", "agile/1.0/board/*/issue", BoardIssues},
    Route{"GET", "agile/1.0/board/*/sprint/*/issue", BoardSprintIssues},
    Route{"GET", "agile/1.0/sprint/*", SprintById},
    Route{"GET", "agile/1.0/sprint/*/issue", SprintIssues},
    Route{"GET", "software/1.0/board/*/issue", BoardIssues, Product::kCloud},
    Route{"GET", "software/1.0/board/*/issue/approximate-count", BoardIssueCount, Product::kCloud},
    Route{"GET", "software/1.0/board/*/sprint/*/issue", BoardSprintIssues, Product::kCloud},
    Route{"GET", "software/1.0/sprint/*/issue", SprintIssues, Product::kCloud},
    Route{"GET", "dev-status/1.0/issue/detail", DevelopmentPanel},
    Route{"GET", "dev-status/latest/issue/detail", DevelopmentPanel},
    Route{"GET", "greenhopper/1.0/rapid/charts/sprintreport", SprintReport},
};

std::string_view TakePart(std::string_view& path) {
  const std::string_view part = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(path.size(), part.size() + 1));
  return part;
}

/// What the stars stand for; nothing when the path is another one.
std::optional<std::vector<std::string>> Match(std::string_view pattern, std::string_view path) {
  std::vector<std::string> names;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = TakePart(pattern);
    const std::string_view part = TakePart(path);
    if (wanted == "*") {
      names.push_back(http::PercentDecode(part));
    } else if (wanted != part) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return names;
}

/// A path taken apart: whose, in which dialect, and the rest in the form of the routes.
struct Place {
  Dialect dialect = Dialect::kCloudV2;
  std::string path;
};

std::optional<Place> PlaceOf(std::string_view path) {
  Place place;
  if (path.starts_with("/ex/jira/")) {  // Scoped tokens and OAuth: /ex/jira/{cloudId}/rest/…
    path.remove_prefix(9);
    TakePart(path);
  } else {
    path.remove_prefix(1);
  }
  const bool data_center = path.starts_with("dc/");
  if (data_center) path.remove_prefix(3);
  if (!path.starts_with("rest/")) return std::nullopt;
  path.remove_prefix(5);
  if (data_center) place.dialect = Dialect::kDataCenter;
  if (!path.starts_with("api/")) {
    place.path = path;
    return place;
  }
  path.remove_prefix(4);
  const std::string_view version = TakePart(path);
  const bool three = version == "3" || (version == "latest" && !data_center);
  if (!three && version != "2" && version != "latest") return std::nullopt;
  if (three && data_center) return std::nullopt;
  if (three) place.dialect = Dialect::kCloudV3;
  place.path = "api/" + std::string(path);
  return place;
}

bool Serves(const Route& route, Dialect dialect) {
  if (route.product == Product::kBoth) return true;
  return (route.product == Product::kDataCenter) == (dialect == Dialect::kDataCenter);
}

class JiraApi final : public Api {
 public:
  JiraApi(std::unique_ptr<JiraSource> source, const FaultPlan& faults)
      : source_(NewEditableJiraSource(std::move(source), clock_)), site_{*source_, faults} {}

  Result<> Edit(std::string_view json) override { return source_->Edit(json); }

  http::Response Handle(const http::Request& request) override {
    const auto place = PlaceOf(request.path);
    if (!place) return NoSuchPath();
    switch (CredentialOf(request)) {
      case Credential::kInvalid:
        return Unauthorized();
      case Credential::kForbidden:
        return JiraError(403, "The user does not have permission to complete this request.");
      case Credential::kNone:
        // Who the server is may be asked by anybody.
        if (place->path != "api/serverInfo") return Unauthorized();
        break;
      case Credential::kGood:
        break;
    }
    bool known = false;
    for (const Route& route : kRoutes) {
      if (!Serves(route, place->dialect)) continue;
      auto names = Match(route.pattern, place->path);
      if (!names) continue;
      known = true;
      if (route.method != request.method) continue;
      const JiraCall call{
          request, place->dialect, *std::move(names), http::ParseQuery(request.query)
      };
      return route.handler(site_, call);
    }
    return known ? JiraError(405, "Method Not Allowed") : NoSuchPath();
  }

  std::string RecordsJson() const override {
    std::int64_t bad = 0;
    std::int64_t deleted = 0;
    std::int64_t unindexed = 0;
    IssueFacts facts;
    for (std::int64_t i = 0; i < source_->issue_count(); ++i) {
      source_->Facts(i, Depth::kHead, facts);
      const auto id = static_cast<std::uint64_t>(facts.id);
      bad += site_.faults.Marks(Fault::kBadRecord, id) ? 1 : 0;
      deleted += site_.faults.Marks(Fault::kDeleted, id) ? 1 : 0;
      unindexed += site_.faults.Marks(Fault::kIndexLag, id) ? 1 : 0;
    }
    const Catalogue& catalogue = source_->catalogue(Dialect::kCloudV3);
    std::string out;
    Append(out, R"("jira_issues":)", source_->issue_count(), R"(,"jira_projects":)");
    Append(out, catalogue.of(ItemKind::kProject).size(), R"(,"jira_sprints":)");
    Append(out, catalogue.of(ItemKind::kSprint).size(), R"(,"jira_users":)");
    Append(out, catalogue.of(ItemKind::kUser).size(), R"(,"jira_bad_issues":)", bad);
    Append(out, R"(,"jira_deleted_issues":)", deleted, R"(,"jira_unindexed_issues":)", unindexed);
    return out;
  }

 private:
  static http::Response NoSuchPath() {
    return JiraError(404, "null for uri: the simulated Jira has no such endpoint");
  }
  static http::Response Unauthorized() {
    http::Response response =
        JiraError(401, "Client must be authenticated to access this resource.");
    response.headers.emplace_back("WWW-Authenticate", "OAuth realm=\"https%3A%2F%2Facme\"");
    return response;
  }

  SystemClock clock_;  // Edits happen now, whatever the world's clock says.
  std::unique_ptr<EditableJiraSource> source_;
  JiraSite site_;
};

}  // namespace

Result<std::unique_ptr<Api>> NewJiraApi(const SimulateOptions& options, const FaultPlan& faults) {
  if (options.jira_issue_files.empty()) {
    auto world = NewWorldJiraSource({options.seed, options.issues, options.now});
    return std::unique_ptr<Api>(std::make_unique<JiraApi>(std::move(world), faults));
  }
  PULSE_TRY(auto files, NewFileJiraSource(options.jira_issue_files, options.jira_field_files));
  return std::unique_ptr<Api>(std::make_unique<JiraApi>(std::move(files), faults));
}

}  // namespace pulse::simulate
