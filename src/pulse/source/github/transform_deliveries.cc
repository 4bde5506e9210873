#include "pulse/source/github/transform_reference.h"

namespace pulse::source::github {
namespace {

/// The record's id in either API; empty when it has none.
std::string DatabaseIdOf(Value value) {
  const Value database_id = value["databaseId"];
  return database_id.has_value() ? database_id.id() : value["id"].id();
}

/// GraphQL's field, else REST's.
Value Either(Value value, std::string_view graphql, std::string_view rest) {
  const Value found = value[graphql];
  return found.absent() ? value[rest] : found;
}

std::string RepositoryIdOf(const PageContext& context, const PageRecord& record) {
  return RepositoryOf(context, record).id;
}

void PutStates(RowWriter& row, Value value) {
  using model::kDeployments;
  PutUpper(row, kDeployments["state"], value["state"]);
  const Value latest = value["latestStatus"];
  if (!latest.absent()) {
    PutTextOf(row, kDeployments["latest_status"], latest, "state");
    return;
  }
  // Some answers list the statuses instead, newest first.
  bool first = true;
  value["statuses"]["nodes"].ForEach([&](Value status) {
    if (first) PutUpper(row, kDeployments["latest_status"], status["state"]);
    first = false;
  });
}

void WriteDeployment(const PageRecord& record, const PageContext& context, PageSink& sink) {
  using model::kDeployments;
  const Value value = record.value;
  const std::string id = DatabaseIdOf(value);
  if (id.empty()) return sink.Reject(record, "id.missing", "the deployment has no id");
  const auto created = InstantOf(Either(value, "createdAt", "created_at"));
  if (!created) {
    return sink.Reject(record, "created_at.not_a_time", "deployment " + id + " has no time");
  }
  const Value updated = Either(value, "updatedAt", "updated_at");

  sink.rows().BeginRecord(
      "github_deployments", id, InstantOf(updated).value_or(*created), record.position
  );
  auto row = sink.rows().AddRow(kDeployments);
  row.Text(kDeployments["external_id"], id);
  row.Text(kDeployments["repository_external_id"], RepositoryIdOf(context, record));
  // A later deployment may rename the environment; GraphQL calls today's name latestEnvironment.
  const Value latest = value["latestEnvironment"];
  PutText(row, kDeployments["environment"], latest.has_value() ? latest : value["environment"]);
  PutText(
      row,
      kDeployments["original_environment"],
      Either(value, "originalEnvironment", "original_environment")
  );
  PutStates(row, value);
  PutText(row, kDeployments["commit_sha"], Either(value, "commitOid", "sha"));
  if (value["ref"].is_object()) {
    PutText(row, kDeployments["ref"], value["ref"]["name"]);
  } else {
    PutText(row, kDeployments["ref"], value["ref"]);
  }
  PutText(row, kDeployments["task"], value["task"]);
  PutText(row, kDeployments["description"], value["description"]);
  const Person creator = PersonOf(value["creator"]);
  PutLogin(row, kDeployments["creator_login"], creator);
  row.Integer(kDeployments["source_created_at"], *created);
  PutInstant(row, kDeployments["source_updated_at"], updated);
  sink.rows().EndRecord();
}

void WriteRelease(const PageRecord& record, const PageContext& context, PageSink& sink) {
  using model::kReleases;
  const Value value = record.value;
  const std::string id = DatabaseIdOf(value);
  if (id.empty()) return sink.Reject(record, "id.missing", "the release has no id");
  const auto created = InstantOf(Either(value, "createdAt", "created_at"));
  if (!created) {
    return sink.Reject(record, "created_at.not_a_time", "release " + id + " has no time");
  }
  const auto updated = InstantOf(Either(value, "updatedAt", "updated_at"));

  sink.rows().BeginRecord("github_releases", id, updated.value_or(*created), record.position);
  auto row = sink.rows().AddRow(kReleases);
  row.Text(kReleases["external_id"], id);
  row.Text(kReleases["repository_external_id"], RepositoryIdOf(context, record));
  PutText(row, kReleases["tag"], Either(value, "tagName", "tag_name"));
  PutText(row, kReleases["name"], value["name"]);
  PutBoolean(row, kReleases["is_draft"], Either(value, "isDraft", "draft"));
  PutBoolean(row, kReleases["is_prerelease"], Either(value, "isPrerelease", "prerelease"));
  PutLogin(row, kReleases["author_login"], PersonOf(value["author"]));
  PutTextOf(row, kReleases["commit_sha"], value["tagCommit"], "oid");
  row.Integer(kReleases["source_created_at"], *created);
  PutInstant(row, kReleases["published_at"], Either(value, "publishedAt", "published_at"));
  sink.rows().EndRecord();
}

}  // namespace

void TransformDeployments(std::string_view body, const PageContext& context, PageSink& sink) {
  ForEachPageRecord(body, {"data", "repository", "list", "nodes"}, sink, [&](const PageRecord& r) {
    WriteDeployment(r, context, sink);
  });
}

void TransformReleases(std::string_view body, const PageContext& context, PageSink& sink) {
  ForEachPageRecord(body, {"data", "repository", "list", "nodes"}, sink, [&](const PageRecord& r) {
    WriteRelease(r, context, sink);
  });
}

}  // namespace pulse::source::github
