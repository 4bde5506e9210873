#include "pulse/simulate/jira_issue_writer.h"

#include <algorithm>
#include <bit>

#include "pulse/model/json_text.h"
#include "pulse/simulate/append.h"
#include "pulse/simulate/jira_world_catalogue.h"

namespace pulse::simulate {
namespace {

// What Jira keeps inside an issue; the rest has to be asked for.
constexpr std::size_t kInlineChildren = 20;
constexpr std::size_t kInlineHistories = 40;

/// Epics hang on an issue by the parent field, by the Epic Link field, or by both: sites are in
/// the middle of that migration. Team-managed projects know parents only, Data Center links only.
enum class EpicRoute : unsigned char { kBoth, kParent, kEpicLink };

EpicRoute EpicRouteOf(const Issue& issue, Dialect dialect) {
  if (dialect == Dialect::kDataCenter) return EpicRoute::kEpicLink;
  if (World::ProjectAt(issue.project).team_managed) return EpicRoute::kParent;
  const std::uint64_t roll = Mix(issue.text_seed ^ 0xE1) % 10;
  return roll < 6 ? EpicRoute::kBoth : roll < 8 ? EpicRoute::kParent : EpicRoute::kEpicLink;
}

/// When the issue came into the status category it is in.
EpochMs CategoryChangedAt(const Issue& issue) {
  EpochMs changed = issue.created;
  for (const History& history : issue.histories) {
    const bool same = CategoryOf(history.before.status) == CategoryOf(history.after.status);
    if (!same) changed = history.at;
  }
  return changed;
}

void AppendClock(std::string& out, int seconds) {
  const int hours = seconds / 3600;
  const int minutes = seconds / 60 % 60;
  if (hours > 0) Append(out, hours, "h");
  if (minutes > 0) Append(out, hours > 0 ? " " : "", minutes, "m");
}

}  // namespace

JiraPieces::JiraPieces(const World& world, Dialect in)
    : dialect(in),
      catalogue(WorldCatalogue(world, in)),
      sprints(SprintFieldValues(world, in)),
      components(ComponentValues(in)) {
  for (int i = 0; i < world.person_count(); ++i) {
    Person person = world.PersonAt(i);
    people.push_back(
        {std::move(person.account_id), std::move(person.user_name), std::move(person.display_name)}
    );
  }
}

const Item& JiraIssueWriter::ItemAt(ItemKind kind, int place) const {
  return pieces_.catalogue.of(kind)[static_cast<std::size_t>(place)];
}

void JiraIssueWriter::WriteUser(int person) {
  if (person == kNobody) {
    out_ += "null";
    return;
  }
  out_ += ItemAt(ItemKind::kUser, person).json;
}

void JiraIssueWriter::WriteTime(EpochMs instant) {
  out_ += '"';
  AppendJiraTime(out_, instant);
  out_ += '"';
}

void JiraIssueWriter::WriteTimeOrNull(EpochMs instant) {
  if (instant == 0) {
    out_ += "null";
    return;
  }
  WriteTime(instant);
}

void JiraIssueWriter::WriteText(const Document& document, Awkward awkward) {
  if (pieces_.dialect == Dialect::kCloudV3) {
    AppendAdf(out_, document, awkward, pieces_.people);
  } else {
    AppendWiki(out_, document, awkward, pieces_.people);
  }
}

void JiraIssueWriter::WriteIssue(const Issue& issue, const FieldChoice& fields, bool changelog) {
  const std::string key = World::IssueKey(issue.index);
  Append(out_, R"({"expand":"operations,versionedRepresentations,editmeta,changelog,)");
  Append(out_, R"(renderedFields","id":")", issue.id, R"(","self":")", SelfBase(pieces_.dialect));
  Append(out_, "/issue/", issue.id, R"(","key":")", key, R"(","fields":{)");
  bool first = true;
  for (std::size_t i = 0; i < kJiraFieldCount; ++i) {
    const auto field = static_cast<JiraField>(i);
    if (!fields.Wants(field)) continue;
    // An issue without a parent has no such field, rather than a null one.
    const bool parent = field == JiraField::kParent;
    if (parent && issue.parent < 0) continue;
    if (parent && issue.type != IssueType::kSubtask &&
        EpicRouteOf(issue, pieces_.dialect) == EpicRoute::kEpicLink) {
      continue;
    }
    Append(out_, first ? "\"" : ",\"", JiraFields()[i].id, "\":");
    first = false;
    WriteField(field, issue);
  }
  out_ += '}';
  if (changelog) WriteChangelog(issue);
  out_ += '}';
}

void JiraIssueWriter::WriteField(JiraField field, const Issue& issue) {
  if (field == JiraField::kSummary) return model::AppendJsonString(out_, SummaryOf(issue));
  if (field <= JiraField::kResolution && field != JiraField::kStatusCategoryChanged) {
    return WriteClassification(field, issue);
  }
  if (field <= JiraField::kCreator) return WritePeopleAndTimes(field, issue);
  if (field <= JiraField::kIssueLinks) return WriteCollection(field, issue);
  const bool agile = field >= JiraField::kEpicLink && field <= JiraField::kFlagged;
  if (agile) return WriteAgile(field, issue);
  WriteWork(field, issue);
}

void JiraIssueWriter::WriteClassification(JiraField field, const Issue& issue) {
  const IssueState& state = issue.state;
  switch (field) {
    case JiraField::kIssueType:
      out_ += ItemAt(ItemKind::kIssueType, TypeItem(issue.project, issue.type)).json;
      return;
    case JiraField::kProject:
      out_ += ItemAt(ItemKind::kProject, issue.project).json;
      return;
    case JiraField::kStatus:
      out_ += ItemAt(ItemKind::kStatus, StatusItem(issue.project, state.status)).json;
      return;
    case JiraField::kPriority:
      out_ += ItemAt(ItemKind::kPriority, state.priority).json;
      return;
    default:
      out_ += state.resolution < 0 ? std::string_view("null")
                                   : ItemAt(ItemKind::kResolution, state.resolution).json;
  }
}

void JiraIssueWriter::WritePeopleAndTimes(JiraField field, const Issue& issue) {
  switch (field) {
    case JiraField::kStatusCategoryChanged:
      return WriteTime(CategoryChangedAt(issue));
    case JiraField::kResolutionDate:
      return WriteTimeOrNull(issue.resolved);
    case JiraField::kCreated:
      return WriteTime(issue.created);
    case JiraField::kUpdated:
      return WriteTime(issue.updated);
    case JiraField::kDueDate:
      if (issue.due == 0) {
        out_ += "null";
      } else {
        Append(out_, "\"", FormatInstant(issue.due).substr(0, 10), "\"");
      }
      return;
    case JiraField::kAssignee:
      return WriteUser(issue.state.assignee);
    case JiraField::kReporter:
      return WriteUser(issue.reporter);
    default:
      return WriteUser(issue.creator);
  }
}

void JiraIssueWriter::WriteCollection(JiraField field, const Issue& issue) {
  switch (field) {
    case JiraField::kLabelSet:
      return WriteLabels(issue.state.labels);
    case JiraField::kComponents: {
      const int place = issue.project * kComponentCount + issue.component;
      out_ += '[';
      if (issue.component >= 0) out_ += pieces_.components[static_cast<std::size_t>(place)];
      out_ += ']';
      return;
    }
    case JiraField::kFixVersions: {
      const int place = issue.project * world_.version_count() + issue.fix_version;
      out_ += '[';
      if (issue.fix_version >= 0) out_ += ItemAt(ItemKind::kVersion, place).json;
      out_ += ']';
      return;
    }
    case JiraField::kParent:
      return WriteOther(issue.parent);
    case JiraField::kSubtasks:
      return WriteSubtasks(issue);
    case JiraField::kIssueLinks:
      return WriteLinks(issue);
    default:
      out_ += "[]";
      return;
  }
}

void JiraIssueWriter::WriteWork(JiraField field, const Issue& issue) {
  switch (field) {
    case JiraField::kDescription:
      return WriteText(DescriptionOf(issue), AwkwardOf(issue.text_seed));
    case JiraField::kTimeSpent: {
      int seconds = 0;
      for (const Worklog& worklog : issue.worklogs) seconds += worklog.seconds;
      return WriteNumberOrNull(issue.worklogs.empty() ? -1 : seconds);
    }
    case JiraField::kWorkRatio:
      out_ += "-1";
      return;
    case JiraField::kVotes:
      Append(out_, R"({"self":")", SelfBase(pieces_.dialect), "/issue/", issue.id);
      Append(out_, R"(/votes","votes":)", issue.text_seed % 4, R"(,"hasVoted":false})");
      return;
    case JiraField::kWatches:
      Append(out_, R"({"self":")", SelfBase(pieces_.dialect), "/issue/", issue.id);
      Append(out_, R"(/watchers","watchCount":)", issue.text_seed % 7, R"(,"isWatching":false})");
      return;
    case JiraField::kComment:
      return WriteComments(issue);
    case JiraField::kWorklog:
      return WriteWorklogs(issue);
    default:
      out_ += "null";
      return;
  }
}

void JiraIssueWriter::WriteAgile(JiraField field, const Issue& issue) {
  const IssueState& state = issue.state;
  switch (field) {
    case JiraField::kEpicLink:
      if (issue.epic < 0 || EpicRouteOf(issue, pieces_.dialect) == EpicRoute::kParent) break;
      return Append(out_, "\"", World::IssueKey(issue.epic), "\"");
    case JiraField::kStoryPoints:
      if (state.points < 0) break;
      return Append(out_, state.points, ".0");
    case JiraField::kRank:
      return Append(out_, "\"0|i", issue.index, ":\"");
    case JiraField::kSprint:
      if (state.sprints.first == kNoSprint) break;
      for (int number = state.sprints.first; number <= state.sprints.last; ++number) {
        const int place = number * kProjectCount + issue.project;
        out_ += number == state.sprints.first ? '[' : ',';
        out_ += pieces_.sprints[static_cast<std::size_t>(place)];
      }
      out_ += ']';
      return;
    case JiraField::kFlagged:
      if (!state.flagged) break;
      Append(out_, R"([{"self":")", SelfBase(pieces_.dialect));
      return Append(out_, R"(/customFieldOption/10019","value":"Impediment","id":"10019"}])");
    default:
      break;
  }
  out_ += "null";
}

void JiraIssueWriter::WriteNumberOrNull(std::int64_t number) {
  if (number < 0) {
    out_ += "null";
  } else {
    Append(out_, number);
  }
}

void JiraIssueWriter::WriteLabels(std::uint32_t labels) {
  out_ += '[';
  for (std::string_view comma; labels != 0; labels &= labels - 1, comma = ",") {
    const auto place = static_cast<std::size_t>(std::countr_zero(labels));
    Append(out_, comma, "\"", kLabels[place], "\"");
  }
  out_ += ']';
}

void JiraIssueWriter::WriteOther(std::int64_t index) {
  world_.IssueAt(index, other_);
  Append(out_, R"({"id":")", other_.id, R"(","key":")", World::IssueKey(index), R"(","self":")");
  Append(out_, SelfBase(pieces_.dialect), "/issue/", other_.id, R"(","fields":{"summary":)");
  model::AppendJsonString(out_, SummaryOf(other_));
  out_ += R"(,"status":)";
  WriteClassification(JiraField::kStatus, other_);
  out_ += R"(,"priority":)";
  WriteClassification(JiraField::kPriority, other_);
  out_ += R"(,"issuetype":)";
  WriteClassification(JiraField::kIssueType, other_);
  out_ += "}}";
}

void JiraIssueWriter::WriteSubtasks(const Issue& issue) {
  out_ += '[';
  for (std::size_t i = 0; i < issue.subtasks.size(); ++i) {
    if (i > 0) out_ += ',';
    WriteOther(issue.subtasks[i]);
  }
  out_ += ']';
}

void JiraIssueWriter::WriteLinks(const Issue& issue) {
  out_ += '[';
  for (std::size_t i = 0; i < issue.links.size(); ++i) {
    const Link& link = issue.links[i];
    Append(out_, i > 0 ? "," : "", R"({"id":")", link.id, R"(","self":")");
    Append(out_, SelfBase(pieces_.dialect), "/issueLink/", link.id, R"(","type":)");
    out_ += ItemAt(ItemKind::kLinkType, link.type).json;
    out_ += link.side == LinkSide::kOutward ? R"(,"outwardIssue":)" : R"(,"inwardIssue":)";
    WriteOther(link.other);
    out_ += '}';
  }
  out_ += ']';
}

void JiraIssueWriter::WriteComments(const Issue& issue) {
  const std::size_t shown = std::min(issue.comments.size(), kInlineChildren);
  out_ += R"({"comments":[)";
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out_ += ',';
    WriteComment(issue, issue.comments[i]);
  }
  Append(out_, R"(],"self":")", SelfBase(pieces_.dialect), "/issue/", issue.id, "/comment\"");
  Append(out_, R"(,"maxResults":)", shown, R"(,"total":)", issue.comments.size());
  out_ += R"(,"startAt":0})";
}

void JiraIssueWriter::WriteWorklogs(const Issue& issue) {
  const std::size_t shown = std::min(issue.worklogs.size(), kInlineChildren);
  Append(out_, R"({"startAt":0,"maxResults":)", kInlineChildren, R"(,"total":)");
  Append(out_, issue.worklogs.size(), R"(,"worklogs":[)");
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out_ += ',';
    WriteWorklog(issue, issue.worklogs[i]);
  }
  out_ += "]}";
}

void JiraIssueWriter::WriteComment(const Issue& issue, const Comment& comment) {
  Append(out_, R"({"self":")", SelfBase(pieces_.dialect), "/issue/", issue.id, "/comment/");
  Append(out_, comment.id, R"(","id":")", comment.id, R"(","author":)");
  WriteUser(comment.author);
  out_ += R"(,"body":)";
  WriteText(CommentText(comment.text_seed), AwkwardOf(comment.text_seed));
  out_ += R"(,"updateAuthor":)";
  WriteUser(comment.author);
  out_ += R"(,"created":)";
  WriteTime(comment.created);
  out_ += R"(,"updated":)";
  WriteTime(comment.updated);
  if (pieces_.dialect != Dialect::kDataCenter) out_ += R"(,"jsdPublic":true)";
  out_ += '}';
}

void JiraIssueWriter::WriteWorklog(const Issue& issue, const Worklog& worklog) {
  Append(out_, R"({"self":")", SelfBase(pieces_.dialect), "/issue/", issue.id, "/worklog/");
  Append(out_, worklog.id, R"(","author":)");
  WriteUser(worklog.author);
  out_ += R"(,"updateAuthor":)";
  WriteUser(worklog.author);
  out_ += R"(,"comment":)";
  WriteText(CommentText(worklog.text_seed), Awkward::kNone);
  out_ += R"(,"created":)";
  WriteTime(worklog.created);
  out_ += R"(,"updated":)";
  WriteTime(worklog.updated);
  out_ += R"(,"started":)";
  WriteTime(worklog.started);
  out_ += R"(,"timeSpent":")";
  AppendClock(out_, worklog.seconds);
  Append(out_, R"(","timeSpentSeconds":)", worklog.seconds, R"(,"id":")", worklog.id);
  Append(out_, R"(","issueId":")", issue.id, "\"}");
}

void JiraIssueWriter::WriteChangelog(const Issue& issue) {
  const std::size_t total = issue.histories.size();
  // Cloud cuts and gives the newest first; Data Center gives everything, oldest first.
  const bool cloud = pieces_.dialect != Dialect::kDataCenter;
  const std::size_t shown = cloud ? std::min(total, kInlineHistories) : total;
  Append(out_, R"(,"changelog":{"startAt":0,"maxResults":)", shown, R"(,"total":)", total);
  out_ += R"(,"histories":[)";
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out_ += ',';
    WriteHistory(issue, issue.histories[cloud ? total - 1 - i : i], HistoryForm::kText);
  }
  out_ += "]}";
}

}  // namespace pulse::simulate
