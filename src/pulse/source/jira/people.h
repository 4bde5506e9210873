#pragma once

/// \file
/// People and sprints named in a page, each recorded once however often it is named.

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pulse/model/row_batch.h"
#include "pulse/source/jira/sprint_facts.h"
#include "pulse/source/json_page.h"

namespace pulse::source::jira {

/// Entity type their records carry.
inline constexpr std::string_view kPeopleEntity = "people";
inline constexpr std::string_view kSprintsEntity = "jira_sprints";

/// What rows say about a person. Views into the page; `id` is empty for an account without any id.
struct PersonRef {
  std::string_view id;
  std::optional<std::string_view> name;
};

class PeopleSeen {
 public:
  explicit PeopleSeen(model::RowBatch& rows) : rows_(rows) {}

  /// Notes the account `user` (accountId, else key, name or e-mail identifies it); nothing when
  /// it is absent or null. The newest version of the records naming it becomes the person's own.
  std::optional<PersonRef> See(Value user, EpochMs version, std::int32_t position);

  /// Adds one record per person. To be called between records.
  void Flush();

 private:
  struct Person {
    std::string_view id;
    std::optional<std::string_view> name, login, email, kind, time_zone;
    std::optional<bool> is_active;
    EpochMs version = 0;
    std::int32_t position = 0;
  };
  std::optional<std::string_view> Keep(Value text);

  model::RowBatch& rows_;
  std::vector<Person> people_;
  std::unordered_map<std::string_view, std::size_t> by_id_;
};

/// Sprints found in issues. Their records have version 0, below what boards say (kFromBoard).
class SprintsSeen {
 public:
  static constexpr EpochMs kFromIssue = 0;
  static constexpr EpochMs kFromBoard = 1;

  explicit SprintsSeen(model::RowBatch& rows) : rows_(rows) {}
  void See(const SprintFacts& sprint, std::int32_t position);
  void Flush();

  /// Adds one sprint's record.
  static void Add(
      model::RowBatch& rows, const SprintFacts& sprint, EpochMs version, std::int32_t position
  );

 private:
  struct Seen {
    SprintFacts facts;
    std::int32_t position = 0;
  };
  std::optional<std::string_view> Keep(std::optional<std::string_view> text);

  model::RowBatch& rows_;
  std::vector<Seen> sprints_;
  std::unordered_map<std::string, std::size_t> by_id_;
};

}  // namespace pulse::source::jira
