#include "pulse/source/github/fetch.h"

#include <algorithm>

#include "pulse/base/hash.h"
#include "pulse/model/json_text.h"
#include "pulse/source/json_slice.h"

namespace pulse::source::github {
namespace {

void AppendField(std::string& json, std::string_view name, std::string_view value) {
  if (json.size() > 1) json += ',';
  model::AppendJsonString(json, name);
  json += ':';
  model::AppendJsonString(json, value);
}

/// The stable identity of a page and what its transform needs beside the body.
std::string RequestJson(
    const FetchRequest& request, const Step& step, std::string_view identity, std::string_view value
) {
  std::string json = "{";
  AppendField(json, "entity", request.entity_type);
  AppendField(json, "api", step.rest ? "rest" : "graphql");
  AppendField(json, identity, value);
  if (request.entity_type == kIssueComments) json += ",\"only_pull_requests\":true";
  if (step.repository) {
    std::string repository = "{";
    AppendField(repository, "id", step.repository->id);
    AppendField(repository, "full_name", step.repository->full_name);
    json += ",\"repository\":" + repository + '}';
  }
  return json + '}';
}

}  // namespace

Result<std::optional<EpochMs>> StopTime(
    const FetchRequest& request, std::string_view entity_type, std::string_view scope
) {
  if (request.options.since) return request.options.since;
  const bool everything = request.options.full || !request.options.query.empty();
  if (everything || !request.watermark) return std::optional<EpochMs>{};
  return request.watermark(entity_type, scope);
}

void ProposeWindow(
    const FetchRequest& request,
    std::string_view entity_type,
    std::string_view scope,
    std::optional<EpochMs> until,
    EpochMs started,
    Fetched& out
) {
  // Five minutes: more than any replica or search lag GitHub has shown; read again next time.
  constexpr EpochMs kOverlap = EpochMs{5} * 60 * 1000;
  if (!request.options.query.empty()) return;
  EpochMs end = started - kOverlap;
  if (request.options.until) end = std::min(end, *request.options.until);
  out.windows.push_back({std::string(entity_type), std::string(scope), until.value_or(0), end});
}

bool IsPastTheEnd(const FetchRequest& request, std::optional<EpochMs> updated) {
  return request.options.until && updated && *updated >= *request.options.until;
}

Result<std::vector<std::string>> AbsentOf(
    const FetchRequest& request, std::string_view entity_type, const std::vector<std::string>& ids
) {
  if (!request.absent || ids.empty()) return std::vector<std::string>();
  return request.absent(entity_type, ids);
}

store::NewRawPage MakePage(
    const FetchRequest& request,
    const Step& step,
    std::string_view transform_entity,
    const std::vector<std::string>& ids,
    std::string body
) {
  std::string joined;
  for (const std::string& id : ids) joined.append(id).append(",");
  store::NewRawPage page;
  page.entity_type = transform_entity;
  page.request = RequestJson(request, step, "ids", ContentFingerprint(joined));
  page.body = std::move(body);
  page.fetched_at = request.now;
  page.transform_entity = transform_entity;
  return page;
}

namespace {

/// Reads the list out of a page that is good JSON.
Result<ListPage> ReadWhole(
    std::unique_ptr<JsonPage> page,
    std::span<const std::string_view> path,
    const std::string& entity
) {
  ListPage list;
  Value at = page->root();
  for (const std::string_view key : path) at = at[key];
  if (!at.is_array())
    return Error{ErrorKind::kUnavailable, "an answer without a list of " + entity};
  at.ForEach([&](Value record) { list.records.push_back(record); });
  list.frame = std::move(page);
  return list;
}

/// Reads each record by itself, and the page around them without them.
Result<ListPage> ReadByPieces(std::string_view body, std::span<const std::string_view> path) {
  PULSE_TRY(const auto slices, SliceArray(body, path));
  ListPage list;
  if (slices.empty()) return Error{ErrorKind::kInvalid, "the page around an empty list is broken"};
  const auto begin = static_cast<std::size_t>(slices.front().data() - body.data());
  const auto end =
      static_cast<std::size_t>(slices.back().data() + slices.back().size() - body.data());
  PULSE_TRY(
      list.frame, JsonPage::Parse(std::string(body.substr(0, begin)).append(body.substr(end)))
  );
  for (const std::string_view slice : slices) {
    auto record = JsonPage::Parse(slice);
    list.records.push_back(record ? (*record)->root() : Value());
    if (record) list.parsed.push_back(*std::move(record));
  }
  return list;
}

void SetAside(
    const FetchRequest& request,
    const Step& step,
    const Answer& answer,
    const std::string& scope,
    const std::string& reason,
    Fetched& out
) {
  store::NewRawPage failed;
  failed.entity_type = request.entity_type;
  failed.request = RequestJson(request, step, "page", std::to_string(step.page));
  failed.http_status = answer.status;
  failed.body = answer.body;
  failed.fetched_at = request.now;
  std::string details = "{";
  AppendField(details, "code", "undecodable_page");
  AppendField(details, "message", reason);
  failed.error_details = details + '}';
  out.pages.push_back(std::move(failed));
  out.gaps.push_back({request.entity_type, scope, "undecodable: " + reason});
}

}  // namespace

Result<ListPage> DecodeList(
    const FetchRequest& request,
    const Step& step,
    const Answer& answer,
    std::span<const std::string_view> path,
    Fetched& out
) {
  auto whole = JsonPage::Parse(answer.body);
  if (whole) return ReadWhole(*std::move(whole), path, request.entity_type);
  if (auto list = ReadByPieces(answer.body, path)) return list;
  const std::string scope = (step.repository ? step.repository->full_name : "repositories") +
                            " page " + std::to_string(step.page);
  if (request.attempt < kLastAttempt) {
    return std::move(whole).error().While("read " + request.entity_type + " of " + scope);
  }
  SetAside(request, step, answer, scope, whole.error().message(), out);
  return ListPage{};
}

std::string RecordId(Value record) {
  for (const std::string_view field : {"fullDatabaseId", "databaseId", "id", "sha"}) {
    if (const std::string id = record[field].id(); !id.empty()) return id;
  }
  return {};
}

std::pair<std::string_view, std::string_view> SplitName(std::string_view full_name) {
  const std::size_t slash = full_name.find('/');
  if (slash == std::string_view::npos) return {full_name, {}};
  return {full_name.substr(0, slash), full_name.substr(slash + 1)};
}

}  // namespace pulse::source::github
