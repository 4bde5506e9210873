#include "pulse/source/jira/jql.h"

#include <cctype>

#include "pulse/base/ascii.h"

namespace pulse::source::jira {
namespace {

bool IsWordAt(std::string_view text, std::size_t at, std::string_view word) {
  if (text.size() - at < word.size()) return false;
  const bool equal = EqualIgnoringCase(text.substr(at, word.size()), word);
  const auto is_letter = [&](std::size_t i) {
    return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i]));
  };
  return equal && (at == 0 || !is_letter(at - 1)) && !is_letter(at + word.size());
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

std::string_view WithoutOrder(std::string_view jql) {
  char quote = 0;
  for (std::size_t at = 0; at < jql.size(); ++at) {
    const char c = jql[at];
    if (quote != 0) {
      if (c == '\\') ++at;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (IsWordAt(jql, at, "order")) {
      const std::size_t next = jql.find_first_not_of(" \t\r\n", at + 5);
      if (next != std::string_view::npos && IsWordAt(jql, next, "by")) {
        return Trimmed(jql.substr(0, at));
      }
    }
  }
  return Trimmed(jql);
}

std::string BoundedJql(const FetchRequest& request, const SyncContext& context) {
  std::string jql;
  const auto restrict_to = [&](std::string_view clause) {
    if (!jql.empty()) jql += " AND ";
    jql += clause;
  };
  std::string projects;
  for (const std::string& key : ProjectsInScope(request.integration)) {
    projects += projects.empty() ? "project in (\"" : "\", \"";
    for (const char c : key) {
      if (c == '"' || c == '\\') projects += '\\';
      projects += c;
    }
  }
  if (!projects.empty()) restrict_to(projects += "\")");
  const std::string_view query = WithoutOrder(request.options.query);
  if (!query.empty()) restrict_to("(" + std::string(query) + ")");
  if (context.since || jql.empty()) {
    restrict_to("updated >= " + std::to_string(context.since.value_or(0)));
  }
  // By offset an issue that changes while it is read, and so leaves the set, would shift an unseen
  // one out of it: there the bound is applied to what comes.
  const auto until = request.options.until;
  if (until && context.deployment == Deployment::kCloud) {
    restrict_to("updated < " + std::to_string(*until));
  }
  return jql;
}

std::string SweepJql(const FetchRequest& request, const SyncContext& context) {
  return BoundedJql(request, context) + " ORDER BY created ASC";
}

}  // namespace pulse::source::jira
