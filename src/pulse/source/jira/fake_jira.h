#pragma once

/// \file
/// FakeJira: a Transport that answers like a small Jira, in memory, and a loop that runs a job's
/// steps against it. For tests of plans, paging and fallbacks; pulse::simulate is the real thing.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pulse/source/source.h"

namespace pulse::source::jira::testing {

struct FakeIssue {
  std::string id;
  int histories = 1;
  int comments = 0;
  int worklogs = 0;
  bool gone = false;      ///< Listed by ids, known to nobody else.
  bool left_out = false;  ///< Exists, but bulk answers leave it out.
  std::string raw;        ///< Served instead of a well-formed issue, when not empty.
};

struct FakeOptions {
  bool is_cloud = true;
  int ids_per_page = 5000;
  int issues_per_page = 100;  ///< Searches for more than ids.
  /// What approximate-count says: the truth when not set. Many make the bulk plan, few the pages.
  std::optional<int> estimate = std::nullopt;
  int inline_histories = 40;
  int inline_list = 20;
  bool empty_page_first = false;
  bool repeats_token = false;
  bool has_boards = true;
  std::string date = "Mon, 23 Nov 2026 12:00:00 GMT";
};

class FakeJira final : public Transport {
 public:
  /// Answers a call instead of the fake, when it returns something.
  using Override = std::function<std::optional<Answer>(const Call&)>;

  explicit FakeJira(FakeOptions options = {}) : options_(options) {}

  Result<Answer> Send(const Call& call) override;
  std::string_view base_url() const override { return "https://acme.example"; }

  /// `count` issues with ids from 10001 on, shaped by `shape`.
  void AddIssues(int count, const std::function<void(int, FakeIssue&)>& shape = {});

  std::vector<FakeIssue> issues;
  Override override;
  std::map<std::string, int> calls;  ///< By endpoint.
  std::vector<Call> sent;

  int Count(const std::string& endpoint) const;
  /// Searches for ids alone, and searches for whole issues.
  int CountSweeps() const;
  int CountPages() const;

 private:
  Answer Respond(const Call& call);
  Answer Search(const Call& call) const;
  Answer ServerSearch(const Call& call) const;
  Answer Bulk(const Call& call) const;
  Answer Histories(const Call& call) const;
  Answer OneIssue(const std::string& path) const;
  const FakeIssue* Find(std::string_view id) const;
  std::string IssueJson(const FakeIssue& issue) const;

  FakeOptions options_;
};

/// What a whole job brought, all its steps run to the end.
struct JobRun {
  std::vector<store::NewRawPage> pages;
  std::size_t most_pages = 0;  ///< Of one step.
  std::map<std::string, std::int64_t> census;
  std::vector<store::Window> windows;
  std::vector<model::Gap> gaps;
  std::vector<std::string> listed;  ///< Ids of the census.
  std::vector<store::Vanished> vanished;
  std::vector<Error> errors;  ///< Of attempts; a step that fails three times ends there.
  int steps = 0;

  /// Bodies of the raw pages for one transform entity.
  std::vector<std::string> Bodies(std::string_view entity_type) const;
  /// External ids of the primary records the transform makes of all pages.
  std::set<std::string> Transformed(const Connector& connector, const model::Table& table) const;
};

JobRun RunJob(const Connector& connector, Transport& transport, FetchRequest root);

/// A root request for everything, at a fixed instant.
FetchRequest RootRequest(std::vector<std::string> entities = {});

}  // namespace pulse::source::jira::testing
