#pragma once

/// \file
/// What both floors share: fetching pages of issues, keeping them as zstd bytes, and walking what
/// Jira sends into rows. `Sink` is one table of a database:
///
///   explicit Sink(const pulse::model::Table&)
///   void Set(column, std::string) | Set(column, double)   what is not set is null
///   std::int64_t Write(std::int64_t raw, std::int64_t parent = 0)

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "floor_columns.h"
#include <curl/curl.h>
#include <simdjson.h>
#include <sys/resource.h>
#include <zstd.h>

#include "pulse/base/time.h"
#include "pulse/model/tables.h"

namespace pulse::bench {

using Element = simdjson::dom::element;

[[noreturn]] inline void Die(const std::string& why) {
  std::fprintf(stderr, "floor: %s\n", why.c_str());
  std::exit(1);
}

inline void AppendText(Element node, std::string& out) {
  std::string_view text;
  if (node["text"].get(text) == simdjson::SUCCESS) out += text;
  simdjson::dom::array content;
  if (node["content"].get(content) != simdjson::SUCCESS) return;
  for (const Element child : content) AppendText(child, out);
  out += '\n';
}

template <class Sink>
void Take(Sink& to, const From& from, Element value) {
  std::string text;
  if (from.kind == From::kNumber) {
    to.Set(from.column, double(value));
  } else if (from.kind == From::kJson) {
    to.Set(from.column, simdjson::minify(value));
  } else if (from.kind == From::kDocument) {
    AppendText(value, text);
    to.Set(from.column, std::move(text));
  } else if (value.is_string() && from.kind == From::kText) {
    to.Set(from.column, std::string(std::string_view(value)));
  } else if (value.is_string()) {
    if (const auto at = ParseInstant(value)) to.Set(from.column, FormatInstant(*at));
  }
}

template <class Sink>
void Take(Sink& to, Element record, std::span<const From> columns) {
  for (const From& from : columns) {
    Element value;
    if (record.at_pointer(from.pointer).get(value) == 0 && !value.is_null()) Take(to, from, value);
  }
}

template <class F>
void ForEach(Element record, const char* pointer, F&& use) {
  simdjson::dom::array list;
  if (record.at_pointer(pointer).get(list) != simdjson::SUCCESS) return;
  for (const Element element : list) use(element);
}

/// The tables of one load, and how an issue becomes their rows.
template <class Sink>
class Records {
 public:
  Sink items{model::kWorkItems}, changes{model::kWorkItemChanges}, links{model::kWorkItemLinks},
      comments{model::kComments}, worklogs{model::kWorklogs}, sprints{model::kSprints},
      in_sprints{model::kWorkItemSprints}, people{model::kPeople};

  /// All of them, parents first.
  template <class F>
  void ForAll(F&& use) {
    for (Sink* one :
         {&items, &changes, &links, &comments, &worklogs, &sprints, &in_sprints, &people}) {
      use(*one);
    }
  }

  void Issue(Element issue, std::int64_t raw) {
    Take(items, issue, kIssue);
    const std::int64_t row = items.Write(raw);
    for (const char* who : {"/fields/assignee", "/fields/reporter", "/fields/creator"}) {
      Person(issue, who, raw);
    }
    Children(issue, std::string(std::string_view(issue["id"])), raw, row);
  }

 private:
  void Person(Element record, const char* pointer, std::int64_t raw) {
    Element person;
    if (record.at_pointer(pointer).get(person) != 0 || !person.is_object()) return;
    if (!seen_.insert(std::string(std::string_view(person["accountId"]))).second) return;
    Take(people, person, kPerson);
    people.Write(raw);
  }

  void Children(Element issue, const std::string& id, std::int64_t raw, std::int64_t row) {
    ForEach(issue, "/changelog/histories", [&](Element history) {
      Person(history, "/author", raw);
      int position = 0;
      ForEach(history, "/items", [&](Element item) {
        changes.Set("work_item_external_id", id);
        changes.Set("item_position", position++);
        Take(changes, history, kHistory);
        Take(changes, item, kItem);
        changes.Write(raw, row);
      });
    });
    ForEach(issue, "/fields/issuelinks", [&](Element link) {
      Element other;
      const bool inward = link["inwardIssue"].get(other) == simdjson::SUCCESS;
      if (!inward && link["outwardIssue"].get(other) != simdjson::SUCCESS) return;
      links.Set("work_item_external_id", id);
      links.Set("direction", std::string(inward ? "inward" : "outward"));
      Take(links, link, kLink);
      Take(links, other, kOther);
      links.Write(raw, row);
    });
    ForEach(issue, "/fields/customfield_10020", [&](Element sprint) {
      const std::string sprint_id = std::to_string(std::int64_t(sprint["id"]));
      in_sprints.Set("work_item_external_id", id);
      in_sprints.Set("sprint_external_id", sprint_id);
      in_sprints.Write(raw, row);
      if (!seen_.insert("sprint " + sprint_id).second) return;
      sprints.Set("external_id", sprint_id);
      Take(sprints, sprint, kSprint);
      sprints.Write(raw);
    });
    const Owner owner{id, raw, row};
    Notes(issue, "/fields/comment/comments", comments, kCommentBody, owner);
    Notes(issue, "/fields/worklog/worklogs", worklogs, kWork, owner);
  }

  /// The issue that a note belongs to.
  struct Owner {
    const std::string& id;
    std::int64_t raw;
    std::int64_t row;
  };

  void Notes(
      Element issue,
      const char* pointer,
      Sink& table,
      std::span<const From> body,
      const Owner& owner
  ) {
    ForEach(issue, pointer, [&](Element note) {
      Person(note, "/author", owner.raw);
      table.Set("work_item_external_id", owner.id);
      Take(table, note, kNote);
      Take(table, note, body);
      table.Write(owner.raw, owner.row);
    });
  }

  std::unordered_set<std::string> seen_;
};

inline std::string Pack(const std::string& bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
  return packed;
}

inline std::size_t Collect(char* data, std::size_t, std::size_t size, void* to) {
  static_cast<std::string*>(to)->append(data, size);
  return size;
}

/// Every page of a site's issues, 100 each with the inline history; returns how many issues.
inline long FetchAll(
    const std::string& site,
    const std::function<void(const std::string& body, Element page, bool last)>& use
) {
  simdjson::dom::parser parser;
  CURL* curl = curl_easy_init();
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Authorization: Basic Ym90OnRva2Vu");
  const std::string url = site + "/rest/api/3/search/jql";
  std::string body, sent, token;
  long issues = 0;
  do {
    sent = R"({"jql":"updated >= 0 ORDER BY created ASC","maxResults":100,"fields":["*all"],)"
           R"("expand":"changelog")" +
           (token.empty() ? "}" : R"(,"nextPageToken":")" + token + "\"}");
    body.clear();
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sent.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    if (curl_easy_perform(curl) != CURLE_OK) Die("the source did not answer");
    const Element page = parser.parse(body);
    ForEach(page, "/issues", [&](Element) { ++issues; });
    std::string_view next;
    token = page["nextPageToken"].get(next) == 0 ? std::string(next) : std::string();
    use(body, page, token.empty());
  } while (!token.empty());
  return issues;
}

/// User and system time of this process.
inline double CpuMicroseconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return double(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
         double(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

}  // namespace pulse::bench
