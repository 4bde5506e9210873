#pragma once

/// \file
/// For tests: the rows a transform makes, by table and column name.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/source/jira/transform.h"

namespace pulse::source::jira::testing {

/// One cell as text: "(absent)", "(null)", or the value (instants and booleans as their numbers).
inline std::string CellText(const model::Cell& cell) {
  switch (cell.kind()) {
    case model::Cell::Kind::kAbsent:
      return "(absent)";
    case model::Cell::Kind::kNull:
      return "(null)";
    case model::Cell::Kind::kInteger:
      return std::to_string(cell.integer());
    case model::Cell::Kind::kReal: {
      std::string text = std::to_string(cell.real());
      return text.substr(0, text.find_last_not_of('0') + 2);
    }
    case model::Cell::Kind::kText:
      return std::string(cell.text());
  }
  return {};
}

class Probe {
 public:
  explicit Probe(
      std::string_view entity_type, std::string_view body, std::string_view request = "{}"
  )
      : result(TransformPage(entity_type, request, body, rows)) {}

  /// One column of all rows of a table, in order.
  std::vector<std::string> Column(const model::Table& table, std::string_view column) const {
    std::vector<std::string> texts;
    for (const model::Record& record : rows.records()) {
      for (const model::Row& row : rows.rows(record)) {
        if (row.table == &table) texts.push_back(CellText(rows.cells(row)[table.IndexOf(column)]));
      }
    }
    return texts;
  }
  /// Of the only work item; "(no row)" when there is none.
  std::string Issue(std::string_view column) const {
    const auto texts = Column(model::kWorkItems, column);
    return texts.size() == 1 ? texts[0] : "(no row)";
  }
  bool Completes(const model::Table& table) const {
    return !rows.records().empty() && (rows.records()[0].complete & model::SetOf(table)) != 0;
  }

  model::RowBatch rows;
  Transformed result;
};

/// An issue with nothing but what every issue has, and `more` fields (JSON members with a leading
/// comma) and `beside` them.
inline std::string IssueWith(std::string_view more = "", std::string_view beside = "") {
  return R"({"id":"10001","key":"PAY-1","fields":{"created":"2024-01-01T10:00:00.000+0100",)"
         R"("updated":"2024-02-01T10:00:00.000+0000")" +
         std::string(more) + "}" + std::string(beside) + "}";
}

}  // namespace pulse::source::jira::testing
