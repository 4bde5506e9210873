#pragma once

/// \file
/// What every transform of a GitHub page has in common: where the page comes from, the shapes a
/// page may have, and how a record that cannot be understood is reported.

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "pulse/model/row_batch.h"
#include "pulse/source/github/rows.h"
#include "pulse/source/json_page.h"
#include "pulse/source/source.h"

namespace pulse::source::github {

/// What a raw page's request says. Bodies of child pages do not name their repository, so it
/// travels here; a body that does name it wins.
struct PageContext {
  std::string repository_id;        ///< Database id; empty when the request does not say.
  std::string repository_name;      ///< owner/name
  bool only_pull_requests = false;  ///< Drop conversation comments that stand under plain issues.
};
/// Never fails: what cannot be read is empty.
PageContext ContextOf(std::string_view request);

/// One record with what its surroundings said about it.
struct PageRecord {
  std::int32_t position = 0;
  Value value;
  std::string_view group;  ///< "owner/repo#7" of a wrapped payload, else empty.
  Value repository;        ///< The repository a GraphQL answer is about, else absent.
};

/// The repository of a record that names none itself: from its answer, else from the request, else
/// from its group. Its id falls back to the name, so rows of one repository still belong together.
struct RepositoryRef {
  std::string id;
  std::string name;
};
RepositoryRef RepositoryOf(const PageContext& context, const PageRecord& record);
/// What a record of children alone is known by: its pull request, as "<repository id>#<number>".
std::string PrName(std::string_view repository_id, std::int64_t number);

/// The number behind the last slash or # of an address or group; 0 when there is none.
std::int64_t TrailingNumber(std::string_view text);

/// Collects one page's outcome.
class PageSink {
 public:
  /// `entity` is the singular in problem codes: "github_pr" gives "github_pr.id.missing".
  PageSink(std::string_view entity, bool primary, model::RowBatch& rows, Transformed& out)
      : entity_(entity), primary_(primary), rows_(rows), out_(out) {}

  model::RowBatch& rows() { return rows_; }
  People& people() { return people_; }

  void CountRecord() {
    if (primary_) ++out_.record_count;
  }
  /// Sets a record aside. `code` without the entity; `message` one line for people.
  void Reject(const PageRecord& record, std::string_view code, std::string message);
  void Reject(const BrokenRecord& record);
  /// A child of a good record that could not be read; the record itself goes on.
  void RejectChild(std::int32_t position, std::string_view code, Value child);
  void RejectPage(std::string_view code, std::string message, std::string_view body);

  /// Writes what was collected beside the records; call once, at the end.
  void Finish() { people_.WriteTo(rows_); }

 private:
  void Add(
      std::int32_t position,
      std::string id,
      std::string_view code,
      std::string message,
      std::string_view raw
  );

  std::string entity_;
  bool primary_;  ///< Records of this page are counted in receipts.
  model::RowBatch& rows_;
  Transformed& out_;
  People people_;
};

/// Where a GraphQL answer keeps its records, e.g. {"data", "repository", "pullRequests", "nodes"}.
using Path = std::initializer_list<std::string_view>;

/// Calls `use` for every record of the page, whatever its shape: a GraphQL answer, an array, one
/// bare object; each record bare or wrapped as {"payload": …, "group": …}. A record that is no
/// object is rejected here. A page in no such shape is rejected as a whole.
void ForEachPageRecord(
    std::string_view body,
    Path graphql_path,
    PageSink& sink,
    const std::function<void(const PageRecord&)>& use
);

}  // namespace pulse::source::github
