#pragma once

/// \file
/// The JQL subset the simulated Jira understands (docs/reference/simulator.md):
///
///   query   = [or] [ "ORDER BY" field ["ASC"|"DESC"] { "," field ["ASC"|"DESC"] } ]
///   or      = and { "OR" and }            and = unary { "AND" unary }
///   unary   = "NOT" unary | "(" or ")" | clause
///   clause  = field op value | field ["NOT"] "IN" "(" value { "," value } ")"
///   op      = "=" "!=" ">" ">=" "<" "<="          value = word | 'text' | "text"
///
///   project, status, issuetype (type), statusCategory, sprint, key (issuekey), id (issue):  = !=
///   IN created, updated: = != > >= < <=, with an unquoted number of epoch milliseconds, or a
///   quoted
///     'yyyy/MM/dd[ HH:mm]' (also with '-') read in the account's profile time zone
///   ORDER BY created, updated, id, key: the first one orders, at most seven
///
/// Everything else is refused in the words Jira uses.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/simulate/jira_source.h"

namespace pulse::simulate {

enum class JqlOrder : unsigned char { kCreated, kUpdated, kId, kKey };

/// What to do with an issue that a query names and that does not exist.
enum class UnknownIssues : unsigned char { kRefuse, kMatchNothing };

struct JqlNode;

/// A parsed query, bound to one source. Immutable; thread-safe.
class JqlQuery {
 public:
  /// Errors: kInvalid with the vendor's own message.
  static Result<JqlQuery> Parse(
      std::string_view text, const JiraSource& source, UnknownIssues unknown
  );
  ~JqlQuery();
  JqlQuery(JqlQuery&&) noexcept;
  JqlQuery& operator=(JqlQuery&&) noexcept;

  /// False when nothing restricts it: Cloud's search refuses such a query.
  bool bounded() const noexcept { return root_ != nullptr; }
  JqlOrder order() const noexcept { return order_; }
  bool descending() const noexcept { return descending_; }
  /// How much of an issue must be known to decide.
  Depth depth() const noexcept { return depth_; }
  /// Positions the result is a subset of, when the query names issues; else nothing.
  const std::optional<std::vector<std::int64_t>>& named() const noexcept { return named_; }

  bool Matches(const IssueFacts& facts) const;

  /// Also requires that the issue is in this project, or in this sprint (of agile paths).
  void Restrict(std::optional<int> project, std::optional<std::int64_t> sprint);

 private:
  JqlQuery();
  friend class JqlParser;

  std::unique_ptr<JqlNode> root_;
  JqlOrder order_ = JqlOrder::kCreated;
  bool descending_ = true;  // Jira's default: newest first.
  Depth depth_ = Depth::kHead;
  std::optional<std::vector<std::int64_t>> named_;
  std::vector<int> status_category_;  // By status position: 0 new, 1 indeterminate, 2 done.
  std::optional<int> project_;
  std::optional<std::int64_t> sprint_;
};

}  // namespace pulse::simulate
