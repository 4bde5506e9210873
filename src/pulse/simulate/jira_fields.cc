#include "pulse/simulate/jira_fields.h"

#include <algorithm>

namespace pulse::simulate {

const std::array<JiraFieldInfo, kJiraFieldCount>& JiraFields() noexcept {
  static constexpr std::array<JiraFieldInfo, kJiraFieldCount> kFields = {{
      {"summary", "Summary", true, R"({"type":"string","system":"summary"})"},
      {"issuetype", "Issue Type", true, R"({"type":"issuetype","system":"issuetype"})"},
      {"project", "Project", true, R"({"type":"project","system":"project"})"},
      {"status", "Status", true, R"({"type":"status","system":"status"})"},
      {"statuscategorychangedate",
       "Status Category Changed",
       true,
       R"({"type":"datetime","system":"statuscategorychangedate"})"},
      {"priority", "Priority", true, R"({"type":"priority","system":"priority"})"},
      {"resolution", "Resolution", true, R"({"type":"resolution","system":"resolution"})"},
      {"resolutiondate", "Resolved", true, R"({"type":"datetime","system":"resolutiondate"})"},
      {"created", "Created", true, R"({"type":"datetime","system":"created"})"},
      {"updated", "Updated", true, R"({"type":"datetime","system":"updated"})"},
      {"duedate", "Due date", true, R"({"type":"date","system":"duedate"})"},
      {"assignee", "Assignee", true, R"({"type":"user","system":"assignee"})"},
      {"reporter", "Reporter", true, R"({"type":"user","system":"reporter"})"},
      {"creator", "Creator", true, R"({"type":"user","system":"creator"})"},
      {"labels", "Labels", true, R"({"type":"array","items":"string","system":"labels"})"},
      {"components",
       "Components",
       true,
       R"({"type":"array","items":"component","system":"components"})"},
      {"fixVersions",
       "Fix versions",
       true,
       R"({"type":"array","items":"version","system":"fixVersions"})"},
      {"versions",
       "Affects versions",
       true,
       R"({"type":"array","items":"version","system":"versions"})"},
      {"parent", "Parent", true, R"({"type":"issuelink","system":"parent"})"},
      {"subtasks", "Sub-tasks", true, R"({"type":"array","items":"issuelinks","system":"subtasks"})"
      },
      {"issuelinks",
       "Linked Issues",
       true,
       R"({"type":"array","items":"issuelinks","system":"issuelinks"})"},
      {"description", "Description", true, R"({"type":"string","system":"description"})"},
      {"environment", "Environment", true, R"({"type":"string","system":"environment"})"},
      {"timespent", "Time Spent", true, R"({"type":"number","system":"timespent"})"},
      {"timeestimate", "Remaining Estimate", true, R"({"type":"number","system":"timeestimate"})"},
      {"workratio", "Work Ratio", true, R"({"type":"number","system":"workratio"})"},
      {"votes", "Votes", true, R"({"type":"votes","system":"votes"})"},
      {"watches", "Watchers", true, R"({"type":"watches","system":"watches"})"},
      {"customfield_10014",
       "Epic Link",
       true,
       R"({"type":"any","custom":"com.pyxis.greenhopper.jira:gh-epic-link","customId":10014})",
       true},
      {"customfield_10016",
       "Story point estimate",
       true,
       R"({"type":"number","custom":"com.pyxis.greenhopper.jira:jsw-story-points","customId":10016})",
       true},
      {"customfield_10019",
       "Rank",
       true,
       R"({"type":"any","custom":"com.pyxis.greenhopper.jira:gh-lexo-rank","customId":10019})",
       true},
      {"customfield_10020",
       "Sprint",
       true,
       R"({"type":"array","items":"json","custom":"com.pyxis.greenhopper.jira:gh-sprint","customId":10020})",
       true},
      {"customfield_10021",
       "Flagged",
       true,
       R"({"type":"array","items":"option","custom":"com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes","customId":10021})",
       true},
      {"comment", "Comment", false, R"({"type":"comments-page","system":"comment"})"},
      {"worklog", "Log Work", false, R"({"type":"array","items":"worklog","system":"worklog"})"},
  }};
  return kFields;
}

FieldChoice::FieldChoice(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name == "*all") {
      all_ = true;
    } else if (name == "*navigable") {
      navigable_ = true;
    } else if (name == "key") {
      wants_key_ = true;
    } else if (name.starts_with("-")) {
      excluded_.push_back(name.substr(1));
    } else if (name != "id") {
      included_.push_back(name);
    }
  }
  // Only minus signs: everything else is meant.
  if (!excluded_.empty() && included_.empty() && !all_) navigable_ = true;
  only_identity_ = !all_ && !navigable_ && included_.empty();
  for (std::size_t i = 0; i < kJiraFieldCount; ++i) {
    if (Wants(JiraFields()[i].id)) mask_ |= std::uint64_t{1} << i;
  }
}

bool FieldChoice::Wants(std::string_view id) const noexcept {
  if (std::ranges::find(excluded_, id) != excluded_.end()) return false;
  if (all_ || std::ranges::find(included_, id) != included_.end()) return true;
  if (!navigable_) return false;
  return id != "comment" && id != "worklog" && id != "attachment";
}

}  // namespace pulse::simulate
