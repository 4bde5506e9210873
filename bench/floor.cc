// The floor: what loading Jira issues into SQLite costs when nothing but the loading is done.
//
//   floor URL DATABASE        DATABASE was made by `pulse db migrate` and has tenant 1, integration 1
//
// Fetches search/jql pages of 100 with the inline history, keeps each page as zstd bytes, parses it and writes the same rows
// into the same tables, columns and indexes, with the same durability, by bare prepared statements: no ledger, no retries, no
// counters, no vectors. Ten pages a transaction. Prints one JSON object: issues, rows, CPU microseconds per issue.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <curl/curl.h>
#include <simdjson.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <zstd.h>

#include "pulse/base/hash.h"
#include "pulse/base/time.h"
#include "pulse/model/json_text.h"
#include "pulse/model/tables.h"

namespace {

using pulse::model::Table;
namespace tables = pulse::model;
using Element = simdjson::dom::element;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "floor: %s\n", why.c_str());
  std::exit(1);
}

struct Database {
  sqlite3* handle = nullptr;
  void Run(const char* sql) {
    if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK) Die(sqlite3_errmsg(handle));
  }
  sqlite3_stmt* Prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
      Die(sql + ": " + sqlite3_errmsg(handle));
    }
    return statement;
  }
};

/// One table's upsert. Values are set by column and stay bound until Write.
class Upsert {
 public:
  Upsert(Database& db, const Table& table) : db_(db), table_(table) {
    std::string names = "tenant_id, integration_id", marks = "1, 1", updates;
    for (const auto& column : table.columns) {
      names.append(", ").append(column.name);
      marks += ", ?";
      updates.append(updates.empty() ? "" : ", ").append(column.name).append(" = excluded.").append(column.name);
    }
    if (!table.parent.surrogate.empty()) names.append(", ").append(table.parent.surrogate), marks += ", ?";
    names += ", raw_id, raw_position, job_id, content_hash, created_at, updated_at";
    marks += ", ?, 0, 1, ?, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'";
    if (table.primary()) names += ", source_version, absent_fields", marks += ", 0, '[]'";
    std::string key;
    for (std::size_t i = 0; i < table.key_columns; ++i) key.append(", ").append(table.columns[i].name);
    statement_ = db.Prepare(
        "INSERT INTO " + std::string(table.name) + " (" + names + ") VALUES (" + marks + ") ON CONFLICT (tenant_id, integration_id" + key +
        ") DO UPDATE SET " + updates + " WHERE excluded.content_hash <> content_hash"
    );
  }
  void Text(std::string_view column, std::string_view value) {
    hasher_.Add(value);
    sqlite3_bind_text(statement_, At(column), value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  }
  void Text(std::string_view column, Element from, const char* key) {
    std::string_view value;
    if (from[key].get(value) == simdjson::SUCCESS) Text(column, value);
  }
  void Instant(std::string_view column, Element from, const char* key) {
    std::string_view value;
    if (from[key].get(value) != simdjson::SUCCESS) return;
    const auto instant = pulse::ParseInstant(value);
    if (!instant) return;
    char text[24];
    pulse::FormatInstantTo(*instant, text);
    hasher_.Add(*instant);
    sqlite3_bind_text(statement_, At(column), text, 24, SQLITE_TRANSIENT);
  }
  void Integer(std::string_view column, std::int64_t value) {
    hasher_.Add(value);
    sqlite3_bind_int64(statement_, At(column), value);
  }
  void Json(std::string_view column, Element from, const char* key) {
    Element value;
    if (from[key].get(value) != simdjson::SUCCESS || value.is_null()) return;
    kept_.push_back(std::string(simdjson::minify(value)));
    Text(column, kept_.back());
  }
  std::string& Keep(std::string text) { return kept_.emplace_back(std::move(text)); }
  std::int64_t Write(std::int64_t raw, std::int64_t parent = 0) {
    int at = static_cast<int>(table_.columns.size());
    if (!table_.parent.surrogate.empty()) sqlite3_bind_int64(statement_, ++at, parent);
    sqlite3_bind_int64(statement_, ++at, raw);
    sqlite3_bind_int64(statement_, ++at, hasher_.Finish());
    if (sqlite3_step(statement_) != SQLITE_DONE) Die(sqlite3_errmsg(db_.handle));
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    kept_.clear();
    ++rows;
    return sqlite3_last_insert_rowid(db_.handle);
  }
  std::int64_t rows = 0;

 private:
  int At(std::string_view column) const { return static_cast<int>(table_.IndexOf(column)) + 1; }
  Database& db_;
  const Table& table_;
  sqlite3_stmt* statement_;
  pulse::Hasher hasher_;
  std::vector<std::string> kept_ = [] { std::vector<std::string> v; v.reserve(64); return v; }();
};

void AppendText(Element node, std::string& out) {
  std::string_view text;
  if (node["text"].get(text) == simdjson::SUCCESS) out += text;
  simdjson::dom::array content;
  if (node["content"].get(content) != simdjson::SUCCESS) return;
  for (const Element child : content) AppendText(child, out);
  out += '\n';
}

class Loader {
 public:
  explicit Loader(Database& db) : db_(db) {
    raw_ = db.Prepare("INSERT INTO raw_extraction_data (tenant_id, integration_id, entity_type, processing_status, record_count, created_at, job_id, body_bytes) VALUES (1, 1, 'jira_issues', 'completed', ?, 0, 1, ?)");
    body_ = db.Prepare("INSERT INTO raw_bodies (raw_id, tenant_id, created_at, body) VALUES (?, 1, 0, ?)");
  }
  /// Writes one page; the next page's token, empty at the end.
  std::string Page(const std::string& bytes) {
    Element root = parser_.parse(bytes);
    simdjson::dom::array issues;
    if (root["issues"].get(issues) != simdjson::SUCCESS) Die("no issues in " + bytes.substr(0, 200));
    const std::int64_t raw = KeepRaw(bytes, static_cast<std::int64_t>(issues.size()));
    for (const Element issue : issues) Issue(issue, raw);
    issue_count += static_cast<std::int64_t>(issues.size());
    std::string_view token;
    return root["nextPageToken"].get(token) == simdjson::SUCCESS ? std::string(token) : std::string();
  }
  std::int64_t rows() const {
    return items_.rows + changes_.rows + links_.rows + comments_.rows + worklogs_.rows + sprints_.rows + in_sprints_.rows + people_.rows;
  }
  std::int64_t issue_count = 0;

 private:
  std::int64_t KeepRaw(const std::string& bytes, std::int64_t count) {
    std::string packed(ZSTD_compressBound(bytes.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
    sqlite3_bind_int64(raw_, 1, count);
    sqlite3_bind_int64(raw_, 2, static_cast<std::int64_t>(bytes.size()));
    if (sqlite3_step(raw_) != SQLITE_DONE) Die(sqlite3_errmsg(db_.handle));
    sqlite3_reset(raw_);
    const std::int64_t id = sqlite3_last_insert_rowid(db_.handle);
    sqlite3_bind_int64(body_, 1, id);
    sqlite3_bind_blob(body_, 2, packed.data(), static_cast<int>(packed.size()), SQLITE_STATIC);
    if (sqlite3_step(body_) != SQLITE_DONE) Die(sqlite3_errmsg(db_.handle));
    sqlite3_reset(body_);
    return id;
  }

  void Person(Element person, std::int64_t raw) {
    std::string_view id;
    if (person["accountId"].get(id) != simdjson::SUCCESS || !seen_people_.insert(std::string(id)).second) return;
    people_.Text("external_id", id);
    people_.Text("display_name", person, "displayName");
    people_.Text("email", person, "emailAddress");
    people_.Write(raw);
  }

  void Who(Upsert& row, Element from, const char* key, std::string_view id, std::string_view name, std::int64_t raw) {
    Element person;
    if (from[key].get(person) != simdjson::SUCCESS || !person.is_object()) return;
    row.Text(id, person, "accountId");
    row.Text(name, person, "displayName");
    people_waiting_.push_back(person);
    static_cast<void>(raw);
  }

  void Named(Upsert& row, Element fields, const char* key, std::string_view name, std::string_view id) {
    Element value;
    if (fields[key].get(value) != simdjson::SUCCESS || !value.is_object()) return;
    row.Text(name, value, "name");
    row.Text(id, value, "id");
  }

  std::string_view Plain(Upsert& row, Element from, const char* key) {
    Element document;
    if (from[key].get(document) != simdjson::SUCCESS || !document.is_object()) return {};
    std::string text;
    AppendText(document, text);
    return row.Keep(std::move(text));
  }

  void Issue(Element issue, std::int64_t raw) {
    const Element fields = issue["fields"];
    std::string_view id = issue["id"];
    items_.Text("external_id", id);
    items_.Text("key", issue, "key");
    items_.Text("title", fields, "summary");
    Named(items_, fields, "status", "status", "status_id");
    items_.Text("status_category", fields["status"]["statusCategory"], "key");
    Named(items_, fields, "issuetype", "type", "type_id");
    items_.Text("project_external_id", fields["project"], "id");
    items_.Text("project_key", fields["project"], "key");
    items_.Text("description", Plain(items_, fields, "description"));
    items_.Text("description_format", "adf");
    Named(items_, fields, "priority", "priority", "priority_id");
    Named(items_, fields, "resolution", "resolution", "resolution_id");
    Who(items_, fields, "assignee", "assignee_external_id", "assignee_name", raw);
    Who(items_, fields, "reporter", "reporter_external_id", "reporter_name", raw);
    Who(items_, fields, "creator", "creator_external_id", "creator_name", raw);
    Element parent;
    if (fields["parent"].get(parent) == simdjson::SUCCESS && parent.is_object()) {
      items_.Text("parent_external_id", parent, "id");
      items_.Text("parent_key", parent, "key");
    }
    double points = 0;
    if (fields["customfield_10016"].get(points) == simdjson::SUCCESS) items_.Integer("story_points", static_cast<std::int64_t>(points));
    items_.Text("due_date", fields, "duedate");
    for (const char* key : {"labels", "components"}) items_.Json(key, fields, key);
    items_.Json("fix_versions", fields, "fixVersions");
    items_.Json("custom_fields", fields, "customfield_10020");
    items_.Instant("source_created_at", fields, "created");
    items_.Instant("source_updated_at", fields, "updated");
    items_.Instant("resolved_at", fields, "resolutiondate");
    items_.Text("url", issue, "self");
    const std::int64_t row = items_.Write(raw);
    Children(issue, fields, id, raw, row);
    for (const Element person : people_waiting_) Person(person, raw);
    people_waiting_.clear();
  }

  void Children(Element issue, Element fields, std::string_view id, std::int64_t raw, std::int64_t row) {
    simdjson::dom::array list;
    if (issue["changelog"]["histories"].get(list) == simdjson::SUCCESS) for (const Element h : list) History(h, id, raw, row);
    if (fields["issuelinks"].get(list) == simdjson::SUCCESS) {
      for (const Element link : list) {
        Element other;
        const bool inward = link["inwardIssue"].get(other) == simdjson::SUCCESS;
        if (!inward && link["outwardIssue"].get(other) != simdjson::SUCCESS) continue;
        links_.Text("work_item_external_id", id);
        links_.Text("link_id", link, "id");
        links_.Text("direction", inward ? "inward" : "outward");
        Named(links_, link, "type", "type", "type_id");
        links_.Text("linked_external_id", other, "id");
        links_.Text("linked_key", other, "key");
        links_.Write(raw, row);
      }
    }
    if (fields["customfield_10020"].get(list) == simdjson::SUCCESS) {
      for (const Element sprint : list) {
        std::int64_t number = 0;
        if (sprint["id"].get(number) != simdjson::SUCCESS) continue;
        in_sprints_.Text("work_item_external_id", id);
        in_sprints_.Text("sprint_external_id", in_sprints_.Keep(std::to_string(number)));
        in_sprints_.Write(raw, row);
        if (!seen_sprints_.insert(number).second) continue;
        sprints_.Text("external_id", sprints_.Keep(std::to_string(number)));
        sprints_.Text("name", sprint, "name");
        sprints_.Instant("started_at", sprint, "startDate");
        sprints_.Write(raw);
      }
    }
    Notes(comments_, fields["comment"]["comments"], id, "body", raw, row);
    Notes(worklogs_, fields["worklog"]["worklogs"], id, "comment", raw, row);
  }

  void History(Element history, std::string_view id, std::int64_t raw, std::int64_t row) {
    std::int64_t position = 0;
    for (const Element item : simdjson::dom::array(history["items"])) {
      changes_.Text("work_item_external_id", id);
      changes_.Text("history_id", history, "id");
      changes_.Integer("item_position", position++);
      changes_.Instant("source_created_at", history, "created");
      Who(changes_, history, "author", "author_external_id", "author_name", raw);
      changes_.Text("field", item, "field");
      changes_.Text("field_id", item, "fieldId");
      changes_.Text("field_type", item, "fieldtype");
      changes_.Text("from_value", item, "from");
      changes_.Text("from_string", item, "fromString");
      changes_.Text("to_value", item, "to");
      changes_.Text("to_string", item, "toString");
      changes_.Write(raw, row);
    }
  }

  void Notes(Upsert& table, simdjson::simdjson_result<Element> from, std::string_view id, const char* body, std::int64_t raw, std::int64_t row) {
    simdjson::dom::array list;
    if (from.get(list) != simdjson::SUCCESS) return;
    for (const Element note : list) {
      table.Text("external_id", note, "id");
      table.Text("work_item_external_id", id);
      Who(table, note, "author", "author_external_id", "author_name", raw);
      table.Text(body, Plain(table, note, body));
      table.Instant("source_created_at", note, "created");
      table.Instant("source_updated_at", note, "updated");
      table.Write(raw, row);
    }
  }

  Database& db_;
  simdjson::dom::parser parser_;
  sqlite3_stmt *raw_, *body_;
  Upsert items_{db_, tables::kWorkItems}, changes_{db_, tables::kWorkItemChanges}, links_{db_, tables::kWorkItemLinks}, comments_{db_, tables::kComments},
      worklogs_{db_, tables::kWorklogs}, sprints_{db_, tables::kSprints}, in_sprints_{db_, tables::kWorkItemSprints}, people_{db_, tables::kPeople};
  std::vector<Element> people_waiting_;
  std::unordered_set<std::string> seen_people_;
  std::unordered_set<std::int64_t> seen_sprints_;
};

std::size_t Collect(char* data, std::size_t, std::size_t size, void* to) {
  static_cast<std::string*>(to)->append(data, size);
  return size;
}

double CpuMicroseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) Die("usage: floor URL DATABASE");
  Database db;
  if (sqlite3_open(argv[2], &db.handle) != SQLITE_OK) Die("cannot open the database");
  db.Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536");
  Loader loader(db);
  CURL* curl = curl_easy_init();
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Authorization: Basic Ym90OnRva2Vu");
  std::string body, sent, token;
  const double cpu = CpuMicroseconds();
  const auto started = std::chrono::steady_clock::now();
  int pages = 0;
  do {
    if (pages % 10 == 0) db.Run("BEGIN IMMEDIATE");
    sent = R"({"jql":"updated >= 0 ORDER BY created ASC","maxResults":100,"fields":["*all"],"expand":"changelog")";
    if (!token.empty()) sent += R"(,"nextPageToken":")" + token + '"';
    sent += '}';
    body.clear();
    curl_easy_setopt(curl, CURLOPT_URL, (std::string(argv[1]) + "/rest/api/3/search/jql").c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sent.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(sent.size()));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    if (curl_easy_perform(curl) != CURLE_OK) Die("the source did not answer");
    token = loader.Page(body);
    if (++pages % 10 == 0) db.Run("COMMIT");
  } while (!token.empty());
  if (pages % 10 != 0) db.Run("COMMIT");
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const auto issues = static_cast<double>(loader.issue_count);
  std::printf("{\"name\":\"floor\",\"issues\":%lld,\"rows\":%lld,\"cpu_us_per_issue\":%.2f,\"issues_per_second\":%.0f}\n",
              static_cast<long long>(loader.issue_count), static_cast<long long>(loader.rows()), (CpuMicroseconds() - cpu) / issues, issues / wall);
}
