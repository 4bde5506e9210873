#include <array>

#include "pulse/source/github/fetch.h"
#include "pulse/source/github/headers.h"
#include "pulse/source/github/queries.h"
#include "pulse/source/github/rows.h"

namespace pulse::source::github {
namespace {

constexpr std::array<std::string_view, 4> kNodesPath = {"data", "repository", "list", "nodes"};

/// What both APIs say about a page, in one form.
struct DeliveryPage {
  Answer answer;
  ListPage list;  ///< Without a frame: set aside as undecodable.
  std::optional<std::int64_t> total;
  bool more = false;
  std::string next_cursor;
};

Result<DeliveryPage> AskByGraphql(
    const FetchRequest& request, const Step& step, Api& api, Fetched& out
) {
  const auto [owner, name] = SplitName(step.repository->full_name);
  Variables variables;
  variables.Text("owner", owner).Text("name", name).Cursor("after", step.cursor);
  const std::string_view query =
      request.entity_type == kReleases ? queries::kReleases : queries::kDeployments;
  DeliveryPage page;
  PULSE_TRY(page.answer, api.Query(query, variables));
  PULSE_TRY(page.list, DecodeList(request, step, page.answer, kNodesPath, out));
  if (!page.list.frame) return page;
  const Value connection = page.list.root()["data"]["repository"]["list"];
  page.total = connection["totalCount"].integer();
  page.more = connection["pageInfo"]["hasNextPage"].boolean() == true;
  page.next_cursor = connection["pageInfo"]["endCursor"].text().value_or("");
  if (page.more && (page.next_cursor.empty() || page.next_cursor == step.cursor)) {
    return Error{ErrorKind::kUnavailable, request.entity_type + " repeats its cursor"};
  }
  return page;
}

Result<DeliveryPage> AskByRest(
    const FetchRequest& request, const Step& step, Api& api, Fetched& out
) {
  const std::string what = request.entity_type == kReleases ? "releases" : "deployments";
  const std::string path = "/repos/" + EncodeFullName(step.repository->full_name) + "/" + what +
                           "?per_page=" + std::to_string(kRestPage) +
                           "&page=" + std::to_string(step.page + 1);
  DeliveryPage page;
  PULSE_TRY(page.answer, api.Get("/repos/{owner}/{repo}/" + what, path));
  PULSE_TRY(page.list, DecodeList(request, step, page.answer, {}, out));
  page.more = HasNextLink(page.answer);
  return page;
}

bool ChangedSince(Value record, EpochMs until) {
  for (const std::string_view field : {"updatedAt", "updated_at", "createdAt", "created_at"}) {
    if (const auto at = InstantOf(record[field])) return *at >= until;
  }
  return true;
}

}  // namespace

Result<Fetched> FetchDeliveries(const FetchRequest& request, const Step& step, Api& api) {
  Fetched out;
  PULSE_TRY(
      const DeliveryPage page,
      step.rest ? AskByRest(request, step, api, out) : AskByGraphql(request, step, api, out)
  );
  if (!page.list.frame) return out;
  Step next = step;
  if (step.page == 0) {
    PULSE_TRY(next.until, StopTime(request, request.entity_type, step.repository->id));
    if (!next.until && page.total) out.census[request.entity_type] = *page.total;
    const EpochMs started = ServerTime(page.answer, request.now);
    ProposeWindow(request, request.entity_type, step.repository->id, next.until, started, out);
  }
  // Ordered by creation, while what matters is the update: read on while a page has any.
  std::vector<std::string> ids;
  bool any_changed = !next.until;
  for (const Value record : page.list.records) {
    ids.push_back(RecordId(record));
    any_changed = any_changed || ChangedSince(record, *next.until);
  }
  if (page.more && any_changed) {
    next.page = step.page + 1;
    next.cursor = page.next_cursor;
    out.next.push_back({model::Stage::kExtract, request.entity_type, next.ToJson()});
  }
  if (!ids.empty()) {
    out.pages.push_back(MakePage(request, step, request.entity_type, ids, page.answer.body));
    out.pages.back().record_count = static_cast<int>(ids.size());
  }
  return out;
}

}  // namespace pulse::source::github
