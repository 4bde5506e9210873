#pragma once

/// \file
/// PageContext: what the transform of one page shares between its records.

#include <set>
#include <string>
#include <string_view>

#include "pulse/model/row_batch.h"
#include "pulse/source/jira/field_mapping.h"
#include "pulse/source/jira/issue_fields.h"
#include "pulse/source/jira/people.h"
#include "pulse/source/source.h"

namespace pulse::source::jira {

/// Which issue child rows belong to.
struct IssueRef {
  std::string_view id;
  EpochMs version = 0;
  std::int32_t position = 0;
};

/// Whether a problem stands for a record of the page or for a piece of one.
enum class Loss : unsigned char { kRecord, kPiece };

struct PageContext {
  PageContext(model::RowBatch& batch, Transformed& result) : rows(batch), out(result) {}

  /// Sets a record (or a child of one) aside. `code` is a constant: see Problem.
  void SetAside(
      Loss loss,
      std::int32_t position,
      std::string_view external_id,
      std::string_view code,
      std::string_view message,
      Value sample
  );
  /// The same for one that is no JSON.
  void SetAside(Loss loss, const BrokenRecord& record, std::string_view code);
  /// Adds the people and sprints that were seen. To be called once, after the last record.
  void Finish();

  model::RowBatch& rows;
  Transformed& out;
  FieldMapping mapping;
  std::string site;  ///< Base of links for people, e.g. https://acme.atlassian.net; may be empty.
  std::string issue_id;  ///< For pages that bring one issue's history without naming the issue.
  std::set<std::string> short_histories;  ///< Issues whose history page shows less than announced.
  PeopleSeen people{rows};
  SprintsSeen sprints{rows};
  IssueFields fields;  ///< Of the issue at hand; here to keep its memory.
};

}  // namespace pulse::source::jira
