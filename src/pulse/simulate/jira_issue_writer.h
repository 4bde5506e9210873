#pragma once

/// \file
/// JiraIssueWriter: one generated issue as JSON, straight into a string.

#include <string>
#include <vector>

#include "pulse/simulate/jira_documents.h"
#include "pulse/simulate/jira_source.h"
#include "pulse/simulate/world.h"

namespace pulse::simulate {

/// What every issue is assembled from, made once per dialect.
struct JiraPieces {
  JiraPieces(const World& world, Dialect in);

  Dialect dialect;
  Catalogue catalogue;
  std::vector<std::string> sprints;     ///< See SprintFieldValues.
  std::vector<std::string> components;  ///< See ComponentValues.
  std::vector<Mentionable> people;
};

/// Appends to one string; make one per answer and use it for all its issues.
class JiraIssueWriter {
 public:
  JiraIssueWriter(const World& world, const JiraPieces& pieces, std::string& out)
      : world_(world), pieces_(pieces), out_(out) {}

  void WriteIssue(const Issue& issue, const FieldChoice& fields, bool changelog);
  void WriteHistory(const Issue& issue, const History& history, HistoryForm form);
  void WriteComment(const Issue& issue, const Comment& comment);
  void WriteWorklog(const Issue& issue, const Worklog& worklog);

 private:
  void WriteField(JiraField field, const Issue& issue);
  void WriteClassification(JiraField field, const Issue& issue);
  void WritePeopleAndTimes(JiraField field, const Issue& issue);
  void WriteCollection(JiraField field, const Issue& issue);
  void WriteWork(JiraField field, const Issue& issue);
  void WriteAgile(JiraField field, const Issue& issue);
  void WriteChangelog(const Issue& issue);
  void WriteChange(const Issue& issue, const History& history, ChangedField field);
  /// One side of a change that names a record or nobody.
  void WriteChangedItem(ItemKind kind, int place, std::string_view key, std::string_view text_key);
  void WriteChangedNothing(std::string_view key, std::string_view text_key);
  void WriteChangedValue(
      const Issue& issue,
      ChangedField field,
      const IssueState& state,
      std::string_view key,
      std::string_view text_key
  );
  void WriteUser(int person);
  void WriteTime(EpochMs instant);
  void WriteTimeOrNull(EpochMs instant);
  void WriteNumberOrNull(std::int64_t number);  ///< Null when negative.
  void WriteText(const Document& document, Awkward awkward);
  void WriteLabels(std::uint32_t labels);
  void WriteLabelWords(std::uint32_t labels);
  void WriteSprintIds(int project, SprintRange range);
  void WriteSprintNames(int project, SprintRange range);
  void WriteLinks(const Issue& issue);
  void WriteSubtasks(const Issue& issue);
  /// The short form of another issue, inside parent, subtasks and links.
  void WriteOther(std::int64_t index);
  void WriteComments(const Issue& issue);
  void WriteWorklogs(const Issue& issue);
  const Item& ItemAt(ItemKind kind, int place) const;

  const World& world_;
  const JiraPieces& pieces_;
  std::string& out_;
  Issue other_;  // Scratch of WriteOther: keeps its vectors.
};

}  // namespace pulse::simulate
