// The floor: what loading Jira issues into SQLite costs when nothing but the loading is done.
//
//   floor URL DATABASE     DATABASE was made by `pulse db migrate`
//
// Fetches search/jql pages of 100 with the inline history, keeps each page as zstd bytes, parses it
// and writes the same rows into the same tables, columns and indexes, with the same durability, by
// bare prepared upserts: no ledger, no retries, no counters, no vectors. Ten pages a transaction.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "floor_columns.h"
#include <curl/curl.h>
#include <simdjson.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <zstd.h>

#include "pulse/base/hash.h"
#include "pulse/base/time.h"
#include "pulse/model/tables.h"

namespace {

using pulse::model::Table;
using Element = simdjson::dom::element;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "floor: %s\n", why.c_str());
  std::exit(1);
}

sqlite3* db = nullptr;

void Run(const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) Die(sqlite3_errmsg(db));
}

void Step(sqlite3_stmt* statement) {
  if (sqlite3_step(statement) != SQLITE_DONE) Die(sqlite3_errmsg(db));
  sqlite3_reset(statement);
}

sqlite3_stmt* Prepare(const std::string& sql) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v3(db, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr) != 0) {
    Die(sql + ": " + sqlite3_errmsg(db));
  }
  return made;
}

void AppendText(Element node, std::string& out) {
  std::string_view text;
  if (node["text"].get(text) == simdjson::SUCCESS) out += text;
  simdjson::dom::array content;
  if (node["content"].get(content) != simdjson::SUCCESS) return;
  for (const Element child : content) AppendText(child, out);
  out += '\n';
}

/// One table's upsert; what is not set is null.
class Upsert {
 public:
  explicit Upsert(const Table& table) : table_(table) {
    std::string names = "tenant_id, integration_id", marks = "1, 1", sets, key;
    for (const auto& column : table.columns) {
      names.append(", ").append(column.name);
      marks += ", ?";
      sets.append(column.name).append(" = excluded.").append(column.name).append(", ");
    }
    if (table.parent.table != nullptr)
      names.append(", ").append(table.parent.surrogate), marks += ", ?";
    names += ", raw_id, content_hash, raw_position, job_id, created_at, updated_at";
    marks += ", ?, ?, 0, 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'";
    if (table.primary()) names += ", source_version, absent_fields", marks += ", 0, '[]'";
    for (std::size_t i = 0; i < table.key_columns; ++i)
      key.append(", ").append(table.columns[i].name);
    statement_ = Prepare(
        "INSERT INTO " + std::string(table.name) + " (" + names + ") VALUES (" + marks +
        ") ON CONFLICT (tenant_id, integration_id" + key + ") DO UPDATE SET " + sets +
        "content_hash = excluded.content_hash WHERE excluded.content_hash <> content_hash"
    );
  }

  void Set(std::string_view column, std::string text) {
    kept_.push_back(std::move(text));
    hasher_.Add(kept_.back());
    const auto size = static_cast<int>(kept_.back().size());
    sqlite3_bind_text(statement_, At(column), kept_.back().data(), size, SQLITE_STATIC);
  }
  void Set(std::string_view column, double number) {
    hasher_.Add(static_cast<std::int64_t>(number));
    sqlite3_bind_double(statement_, At(column), number);
  }
  void Take(Element record, std::span<const From> columns) {
    for (const From& from : columns) {
      Element value;
      if (record.at_pointer(from.pointer).get(value) == 0 && !value.is_null()) Take(from, value);
    }
  }
  std::int64_t Write(std::int64_t raw, std::int64_t parent = 0) {
    int at = static_cast<int>(table_.columns.size());
    if (table_.parent.table != nullptr) sqlite3_bind_int64(statement_, ++at, parent);
    sqlite3_bind_int64(statement_, ++at, raw);
    sqlite3_bind_int64(statement_, ++at, hasher_.Finish());
    Step(statement_);
    sqlite3_clear_bindings(statement_);
    kept_.clear();
    ++rows;
    return sqlite3_last_insert_rowid(db);
  }
  static inline std::int64_t rows = 0;

 private:
  int At(std::string_view column) const { return static_cast<int>(table_.IndexOf(column)) + 1; }
  void Take(const From& from, Element value) {
    std::string text;
    if (from.kind == From::kNumber) {
      Set(from.column, double(value));
    } else if (from.kind == From::kJson) {
      Set(from.column, simdjson::minify(value));
    } else if (from.kind == From::kDocument) {
      AppendText(value, text);
      Set(from.column, std::move(text));
    } else if (value.is_string() && from.kind == From::kText) {
      Set(from.column, std::string(std::string_view(value)));
    } else if (value.is_string()) {
      if (const auto at = pulse::ParseInstant(value)) Set(from.column, pulse::FormatInstant(*at));
    }
  }

  const Table& table_;
  sqlite3_stmt* statement_ = nullptr;
  pulse::Hasher hasher_;
  std::deque<std::string> kept_;
};

struct Tables {
  Upsert items{pulse::model::kWorkItems}, changes{pulse::model::kWorkItemChanges},
      links{pulse::model::kWorkItemLinks}, comments{pulse::model::kComments},
      worklogs{pulse::model::kWorklogs}, sprints{pulse::model::kSprints},
      in_sprints{pulse::model::kWorkItemSprints}, people{pulse::model::kPeople};
  std::unordered_set<std::string> seen;
};

template <class F>
void ForEach(Element record, const char* pointer, F&& use) {
  simdjson::dom::array list;
  if (record.at_pointer(pointer).get(list) != simdjson::SUCCESS) return;
  for (const Element element : list) use(element);
}

void Person(Tables& to, Element record, const char* pointer, std::int64_t raw) {
  Element person;
  if (record.at_pointer(pointer).get(person) != 0 || !person.is_object()) return;
  if (!to.seen.insert(std::string(std::string_view(person["accountId"]))).second) return;
  to.people.Take(person, kPerson);
  to.people.Write(raw);
}

void Children(
    Tables& to, Element issue, const std::string& id, std::int64_t raw, std::int64_t row
) {
  ForEach(issue, "/changelog/histories", [&](Element history) {
    Person(to, history, "/author", raw);
    int position = 0;
    ForEach(history, "/items", [&](Element item) {
      to.changes.Set("work_item_external_id", id);
      to.changes.Set("item_position", position++);
      to.changes.Take(history, kHistory);
      to.changes.Take(item, kItem);
      to.changes.Write(raw, row);
    });
  });
  ForEach(issue, "/fields/issuelinks", [&](Element link) {
    Element other;
    const bool inward = link["inwardIssue"].get(other) == simdjson::SUCCESS;
    if (!inward && link["outwardIssue"].get(other) != simdjson::SUCCESS) return;
    to.links.Set("work_item_external_id", id);
    to.links.Set("direction", std::string(inward ? "inward" : "outward"));
    to.links.Take(link, kLink);
    to.links.Take(other, kOther);
    to.links.Write(raw, row);
  });
  ForEach(issue, "/fields/customfield_10020", [&](Element sprint) {
    const std::string sprint_id = std::to_string(std::int64_t(sprint["id"]));
    to.in_sprints.Set("work_item_external_id", id);
    to.in_sprints.Set("sprint_external_id", sprint_id);
    to.in_sprints.Write(raw, row);
    if (!to.seen.insert("sprint " + sprint_id).second) return;
    to.sprints.Set("external_id", sprint_id);
    to.sprints.Take(sprint, kSprint);
    to.sprints.Write(raw);
  });
  const auto notes = [&](const char* pointer, Upsert& table, std::span<const From> body) {
    ForEach(issue, pointer, [&](Element note) {
      Person(to, note, "/author", raw);
      table.Set("work_item_external_id", id);
      table.Take(note, kNote);
      table.Take(note, body);
      table.Write(raw, row);
    });
  };
  notes("/fields/comment/comments", to.comments, kCommentBody);
  notes("/fields/worklog/worklogs", to.worklogs, kWork);
}

std::int64_t KeepRaw(const std::string& bytes) {
  static sqlite3_stmt* const page = Prepare(
      "INSERT INTO raw_extraction_data (tenant_id, entity_type, processing_status, created_at) "
      "VALUES (1, 'jira_issues', 'completed', 0)"
  );
  static sqlite3_stmt* const body =
      Prepare("INSERT INTO raw_bodies (raw_id, tenant_id, created_at, body) VALUES (?, 1, 0, ?)");
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
  Step(page);
  const std::int64_t id = sqlite3_last_insert_rowid(db);
  sqlite3_bind_int64(body, 1, id);
  sqlite3_bind_blob(body, 2, packed.data(), static_cast<int>(packed.size()), SQLITE_STATIC);
  Step(body);
  return id;
}

std::size_t Collect(char* data, std::size_t, std::size_t size, void* to) {
  static_cast<std::string*>(to)->append(data, size);
  return size;
}

double CpuMicroseconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return double(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
         double(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) Die("usage: floor URL DATABASE");
  if (sqlite3_open(argv[2], &db) != SQLITE_OK) Die("cannot open the database");
  Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
      "INSERT OR IGNORE INTO tenants (id, name, created_at) VALUES (1, 'floor', 0)");
  Tables tables;
  simdjson::dom::parser parser;
  CURL* curl = curl_easy_init();
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Authorization: Basic Ym90OnRva2Vu");
  const std::string url = std::string(argv[1]) + "/rest/api/3/search/jql";
  std::string body, sent, token;
  long issues = 0;
  int pages = 0;
  const double cpu = CpuMicroseconds();
  const auto started = std::chrono::steady_clock::now();
  do {
    if (pages % 10 == 0) Run("BEGIN IMMEDIATE");
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
    const std::int64_t raw = KeepRaw(body);
    ForEach(page, "/issues", [&](Element issue) {
      tables.items.Take(issue, kIssue);
      const std::int64_t row = tables.items.Write(raw);
      for (const char* who : {"/fields/assignee", "/fields/reporter", "/fields/creator"}) {
        Person(tables, issue, who, raw);
      }
      Children(tables, issue, std::string(std::string_view(issue["id"])), raw, row);
      ++issues;
    });
    std::string_view next;
    token = page["nextPageToken"].get(next) == 0 ? std::string(next) : std::string();
    if (++pages % 10 == 0 || token.empty()) Run("COMMIT");
  } while (!token.empty());
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - started;
  std::printf(
      "{\"name\":\"floor\",\"issues\":%ld,\"rows\":%ld,\"cpu_us_per_issue\":%.2f,"
      "\"issues_per_second\":%.0f}\n",
      issues,
      long(Upsert::rows),
      (CpuMicroseconds() - cpu) / double(issues),
      double(issues) / wall.count()
  );
}
