#include "pulse/source/jira/people.h"

#include <algorithm>
#include <string>

#include "pulse/base/ascii.h"
#include "pulse/source/jira/cell_values.h"

namespace pulse::source::jira {
namespace {

std::string_view IdOf(Value user) {
  for (const std::string_view key : {"accountId", "key", "name", "emailAddress"}) {
    const std::string_view id = user[key].text().value_or("");
    if (!id.empty()) return id;
  }
  return {};
}

void SetIf(RowWriter& row, model::ColumnIndex column, std::optional<std::string_view> text) {
  if (text) row.Text(column, *text);
}

/// Cloud says `atlassian` where everyone else says user.
std::optional<std::string_view> KindOf(std::optional<std::string_view> account_type) {
  if (account_type == "atlassian") return "user";
  return account_type;
}

void SetInstantIf(RowWriter& row, model::ColumnIndex column, std::optional<std::string_view> text) {
  const auto instant = text ? ParseInstant(*text) : std::nullopt;
  if (instant) row.Integer(column, *instant);
}

}  // namespace

std::optional<std::string_view> PeopleSeen::Keep(Value text) {
  const auto view = text.text();
  if (!view) return std::nullopt;
  return rows_.arena().Copy(*view);
}

std::optional<PersonRef> PeopleSeen::See(Value user, EpochMs version, std::int32_t position) {
  if (!user.is_object()) return std::nullopt;
  const PersonRef ref{IdOf(user), user["displayName"].text()};
  if (ref.id.empty()) return ref;
  const auto known = by_id_.find(ref.id);
  if (known != by_id_.end()) {
    Person& person = people_[known->second];
    person.version = std::max(person.version, version);
    return ref;
  }
  Person person;
  person.id = rows_.arena().Copy(ref.id);
  person.name = Keep(user["displayName"]);
  person.login = Keep(user["name"]);
  person.email = Keep(user["emailAddress"]);
  person.kind = KindOf(Keep(user["accountType"]));
  person.time_zone = Keep(user["timeZone"]);
  person.is_active = user["active"].boolean();
  person.version = version;
  person.position = position;
  by_id_.emplace(person.id, people_.size());
  people_.push_back(person);
  return ref;
}

void PeopleSeen::Flush() {
  using model::kPeople;
  for (const Person& person : people_) {
    rows_.BeginRecord(kPeopleEntity, person.id, person.version, person.position);
    RowWriter row = rows_.AddRow(kPeople);
    row.Text(kPeople["external_id"], person.id);
    SetIf(row, kPeople["display_name"], person.name);
    SetIf(row, kPeople["login"], person.login);
    SetIf(row, kPeople["email"], person.email);
    SetIf(row, kPeople["kind"], person.kind);
    SetIf(row, kPeople["time_zone"], person.time_zone);
    if (person.is_active) row.Boolean(kPeople["is_active"], *person.is_active);
    rows_.EndRecord();
  }
  people_.clear();
  by_id_.clear();
}

std::optional<std::string_view> SprintsSeen::Keep(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  return rows_.arena().Copy(*text);
}

void SprintsSeen::See(const SprintFacts& sprint, std::int32_t position) {
  if (!by_id_.emplace(sprint.id, sprints_.size()).second) return;
  Seen seen{sprint, position};
  SprintFacts& kept = seen.facts;
  for (auto* text : {&kept.name, &kept.state, &kept.goal, &kept.starts, &kept.ends}) {
    *text = Keep(*text);
  }
  kept.completed = Keep(kept.completed);
  kept.created = Keep(kept.created);
  sprints_.push_back(std::move(seen));
}

void SprintsSeen::Flush() {
  for (const Seen& seen : sprints_) Add(rows_, seen.facts, kFromIssue, seen.position);
  sprints_.clear();
  by_id_.clear();
}

void SprintsSeen::Add(
    model::RowBatch& rows, const SprintFacts& sprint, EpochMs version, std::int32_t position
) {
  using model::kSprints;
  rows.BeginRecord(kSprintsEntity, sprint.id, version, position);
  RowWriter row = rows.AddRow(kSprints);
  row.Text(kSprints["external_id"], sprint.id);
  SetIf(row, kSprints["name"], sprint.name);
  if (sprint.state) row.Text(kSprints["state"], Lower(*sprint.state));
  SetIf(row, kSprints["goal"], sprint.goal);
  if (!sprint.board.empty()) row.Text(kSprints["board_external_id"], sprint.board);
  SetInstantIf(row, kSprints["started_at"], sprint.starts);
  SetInstantIf(row, kSprints["ends_at"], sprint.ends);
  SetInstantIf(row, kSprints["completed_at"], sprint.completed);
  SetInstantIf(row, kSprints["source_created_at"], sprint.created);
  rows.EndRecord();
}

}  // namespace pulse::source::jira
