#include "replay_preview.h"

#include <unordered_set>

#include "json_output.h"
#include <nlohmann/json.hpp>

#include "pulse/base/hash.h"
#include "pulse/model/tables.h"

namespace pulse::app {
namespace {

/// Rows of one page; a page holds a hundred records with their children.
constexpr int kMostChangesPerPage = 200'000;
/// Lines for people; JSON has them all.
constexpr std::int64_t kMostLines = 200;

class Printer {
 public:
  explicit Printer(Context& context) : context_(context) {
    if (context_.json()) context_.Print("{\"changes\":[");
  }

  /// A row on several pages is shown once: the first page that changes it is the one that counts.
  void Add(const store::RowChange& change) {
    if (!shown_.insert(HashOf(change.table, change.external_id, KeyPart(change))).second) return;
    const model::Table* table = model::FindTable(change.table);
    if (table == nullptr) return;
    const bool primary = table->primary();
    const std::string_view record_table = primary ? table->name : table->parent.table->name;
    const std::int64_t record = HashOf(record_table, change.external_id, "");
    if (primary && change.is_new) inserted_.insert(record);
    if (!inserted_.contains(record)) updated_.insert(record);
    Print(change);
  }
  void AddPage(std::size_t problems) {
    ++pages_;
    quarantined_ += problems;
  }

  void Finish() {
    if (context_.json()) {
      const Json counts = {
          {"would_replay_pages", pages_},
          {"would_insert", inserted_.size()},
          {"would_update", updated_.size()},
          {"would_quarantine", quarantined_},
      };
      context_.PrintJson("]," + Dump(counts).substr(1));
      return;
    }
    if (rows_ > kMostLines) {
      context_.Print("and " + std::to_string(rows_ - kMostLines) + " more rows (--json)\n");
    }
    context_.Print(
        "would transform " + std::to_string(pages_) + " stored pages again: " +
        std::to_string(inserted_.size()) + " records new, " + std::to_string(updated_.size()) +
        " changed, " + std::to_string(quarantined_) + " in quarantine\n"
    );
    context_.Note("nothing changed; run again without --dry-run");
  }

 private:
  static std::int64_t HashOf(std::string_view a, std::string_view b, std::string_view c) {
    Hasher hasher;
    hasher.Add(a);
    hasher.Add(b);
    hasher.Add(c);
    return hasher.Finish();
  }
  /// What tells rows of one record apart; both sides of a child name its key.
  static std::string KeyPart(const store::RowChange& change) {
    return change.before + change.after;
  }

  void Print(const store::RowChange& change) {
    ++rows_;
    if (context_.json()) {
      const Json row = {
          {"table", change.table},
          {"external_id", change.external_id},
          {"new", change.is_new},
          {"before", Json::parse(change.before, nullptr, false)},
          {"after", Json::parse(change.after, nullptr, false)},
      };
      context_.Print((rows_ > 1 ? "," : "") + Dump(row));
    } else if (rows_ <= kMostLines) {
      context_.Print(
          change.table + " " + change.external_id + (change.is_new ? " (new)" : "") + "\n  - " +
          change.before + "\n  + " + change.after + "\n"
      );
    }
  }

  Context& context_;
  std::int64_t pages_ = 0;
  std::int64_t rows_ = 0;
  std::size_t quarantined_ = 0;
  std::unordered_set<std::int64_t> shown_;
  std::unordered_set<std::int64_t> inserted_;
  std::unordered_set<std::int64_t> updated_;
};

Result<> PreviewPage(Engine& engine, const model::Tenant& tenant, RawId id, Printer& printer) {
  PULSE_TRY(const auto pages, engine.store().raw_pages().Read(tenant.id, {id}));
  if (pages.empty()) return {};
  const store::RawPage& page = pages.front();
  const source::Connector* connector = source::ConnectorFor(engine.connectors(), page.entity_type);
  if (connector == nullptr) {
    return Error{ErrorKind::kInvalid, "no connector knows entity type " + page.entity_type};
  }
  model::RowBatch rows;
  rows.SetRaw(page.id);
  const source::Transformed result =
      connector->Transform(page.entity_type, page.request, page.body, rows);
  printer.AddPage(result.problems.size() + (result.page_problem ? 1 : 0));
  store::Unit unit;
  unit.tenant = tenant.id;
  unit.integration = page.integration;
  unit.rows = &rows;
  PULSE_TRY(
      const store::Preview preview, engine.store().ledger().PreviewMerge(unit, kMostChangesPerPage)
  );
  for (const store::RowChange& change : preview.changes) printer.Add(change);
  return {};
}

Result<std::vector<RawId>> PagesOf(
    Engine& engine, const model::Tenant& tenant, const ReplayOf& replay
) {
  if (!replay.scope.pages.empty()) return replay.scope.pages;
  PULSE_TRY(
      const auto newest,
      engine.store().raw_pages().Newest(tenant.id, replay.integration, replay.scope.entity_type)
  );
  std::vector<RawId> ids;
  ids.reserve(newest.size());
  for (const store::RawPageInfo& page : newest) ids.push_back(page.id);
  return ids;
}

}  // namespace

Result<ExitCode> PreviewReplays(
    Context& context,
    Engine& engine,
    const model::Tenant& tenant,
    const std::vector<ReplayOf>& replays
) {
  std::vector<RawId> pages;
  for (const ReplayOf& replay : replays) {
    PULSE_TRY(const auto of_one, PagesOf(engine, tenant, replay));
    pages.insert(pages.end(), of_one.begin(), of_one.end());
  }
  Printer printer(context);
  for (const RawId id : pages) PULSE_CHECK(PreviewPage(engine, tenant, id, printer));
  printer.Finish();
  return ExitCode::kOk;
}

}  // namespace pulse::app
