#include <algorithm>

#include "pulse/base/ascii.h"
#include "pulse/source/github/transform_reference.h"

namespace pulse::source::github {
namespace {

using model::kRepositories;

void WriteGraphql(RowWriter& row, Value value) {
  PutText(row, kRepositories["full_name"], value["nameWithOwner"]);
  PutTextOf(row, kRepositories["default_branch"], value["defaultBranchRef"], "name");
  if (const auto visibility = value["visibility"].text()) {
    row.Text(kRepositories["visibility"], Lower(*visibility));
  }
  PutBoolean(row, kRepositories["is_archived"], value["isArchived"]);
  PutBoolean(row, kRepositories["is_fork"], value["isFork"]);
  PutTextOf(row, kRepositories["primary_language"], value["primaryLanguage"], "name");
  PutInstant(row, kRepositories["source_created_at"], value["createdAt"]);
  PutInstant(row, kRepositories["source_updated_at"], value["updatedAt"]);
  PutInstant(row, kRepositories["pushed_at"], value["pushedAt"]);
  PutText(row, kRepositories["url"], value["url"]);
}

void WriteRest(RowWriter& row, Value value) {
  PutText(row, kRepositories["full_name"], value["full_name"]);
  PutText(row, kRepositories["default_branch"], value["default_branch"]);
  if (value["visibility"].is_text()) {
    PutText(row, kRepositories["visibility"], value["visibility"]);
  } else if (const auto hidden = value["private"].boolean()) {  // Older servers say only this.
    row.Text(kRepositories["visibility"], *hidden ? "private" : "public");
  }
  PutBoolean(row, kRepositories["is_archived"], value["archived"]);
  PutBoolean(row, kRepositories["is_fork"], value["fork"]);
  PutText(row, kRepositories["primary_language"], value["language"]);
  PutInstant(row, kRepositories["source_created_at"], value["created_at"]);
  PutInstant(row, kRepositories["source_updated_at"], value["updated_at"]);
  PutInstant(row, kRepositories["pushed_at"], value["pushed_at"]);
  PutText(row, kRepositories["url"], value["html_url"]);
}

void WriteRepository(const PageRecord& record, PageSink& sink) {
  const Value value = record.value;
  const bool graphql = !value["databaseId"].absent();
  const std::string id = value[graphql ? "databaseId" : "id"].id();
  if (id.empty()) return sink.Reject(record, "id.missing", "the repository has no id");
  if (!value["name"].is_text()) {
    return sink.Reject(record, "name.not_text", "repository " + id + " has no name");
  }
  const auto updated = InstantOf(value[graphql ? "updatedAt" : "updated_at"]);
  const auto pushed = InstantOf(value[graphql ? "pushedAt" : "pushed_at"]);
  // A push does not move `updated`, and changes the row.
  const EpochMs version = std::max(updated.value_or(0), pushed.value_or(0));
  sink.rows().BeginRecord("github_repositories", id, version, record.position);
  auto row = sink.rows().AddRow(kRepositories);
  row.Text(kRepositories["external_id"], id);
  PutText(row, kRepositories["name"], value["name"]);
  PutText(row, kRepositories["description"], value["description"]);
  if (graphql) {
    WriteGraphql(row, value);
  } else {
    WriteRest(row, value);
  }
  sink.rows().EndRecord();
}

/// Named repositories answer under aliases of their own: {"data": {"n0": {…}, "n1": {…}}}.
bool IsByName(Value data) {
  return data.is_object() && data["list"].absent() && data["repository"].absent();
}

}  // namespace

void TransformRepositories(std::string_view body, const PageContext&, PageSink& sink) {
  const auto page = JsonPage::Parse(body);
  const Value data = page ? (*page)->root()["data"] : Value();
  if (!IsByName(data)) {
    ForEachPageRecord(
        body,
        {"data", "list", "repositories", "nodes"},
        sink,
        [&](const PageRecord& record) { WriteRepository(record, sink); }
    );
    return;
  }
  std::int32_t position = 0;
  data.ForEachField([&](std::string_view, Value value) {
    sink.CountRecord();
    WriteRepository({position++, value, {}, {}}, sink);
  });
}

}  // namespace pulse::source::github
