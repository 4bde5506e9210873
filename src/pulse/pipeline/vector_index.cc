#include "pulse/pipeline/vector_index.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "pulse/base/hash.h"

namespace pulse::pipeline {
namespace {

using PointKey = std::array<std::uint64_t, 2>;

/// A point id's 128 bits, in the order of its text.
PointKey KeyOf(std::string_view id) {
  PointKey key{};
  int digits = 0;
  for (const char c : id) {
    if (c == '-') continue;
    const auto digit = static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    std::uint64_t& half = key[digits++ < 16 ? 0 : 1];
    half = half << 4 | (digit & 15);
  }
  return key;
}

std::string IdOf(const PointKey& key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  id.reserve(36);
  for (std::size_t i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) id += '-';
    id += kDigits[key[i / 16] >> (60 - 4 * (i % 16)) & 15];
  }
  return id;
}

/// Points listed, or erased, in one call.
constexpr std::size_t kListBatch = 5'000;
constexpr std::size_t kEraseBatch = 500;

}  // namespace

struct VectorIndex::RowText {
  std::string point_id;
  store::EmbeddingText text;
};

/// A run of points in the order of their ids, as they were when it was read.
struct VectorIndex::Window {
  std::vector<PointKey> keys{};  ///< Ascending.
  std::vector<bool> has_row{};   ///< As long as keys.
  std::string last{};            ///< Where the next one begins.
  bool end = false;              ///< There is no next one.

  void Mark(std::string_view point_id) {
    const PointKey key = KeyOf(point_id);
    const auto found = std::ranges::lower_bound(keys, key);
    if (found == keys.end() || *found != key) return;
    has_row[static_cast<std::size_t>(found - keys.begin())] = true;
  }
};

VectorIndex::VectorIndex(
    store::Tables& tables,
    vectors::Vectors& vectors,
    embed::Embedder& embedder,
    VectorIndexOptions options
)
    : tables_(tables), vectors_(vectors), embedder_(embedder), options_(std::move(options)) {}

Result<> VectorIndex::ForEachBatch(
    TenantId tenant, const std::function<Result<>(std::vector<RowText>&)>& use
) {
  for (const std::string_view table : kIndexedTables) {
    std::int64_t done = 0;
    RowId after;
    while (true) {
      if (options_.stop.stop_requested()) {
        return Error{
            ErrorKind::kCancelled,
            "interrupted after " + std::to_string(done) + " rows of " + std::string(table) +
                "; fix: run the same command again"
        };
      }
      PULSE_TRY(
          const std::vector<RowId> ids, tables_.RowsAfter(tenant, table, after, options_.batch)
      );
      if (ids.empty()) break;
      after = ids.back();
      PULSE_TRY(auto texts, tables_.EmbeddingTexts(tenant, table, ids));
      std::vector<RowText> rows;
      rows.reserve(texts.size());
      for (store::EmbeddingText& text : texts) {
        if (text.deleted) continue;  // Since it was listed.
        std::string id =
            vectors::PointId(tenant, text.integration, text.entity_type, text.external_id);
        rows.push_back({.point_id = std::move(id), .text = std::move(text)});
      }
      PULSE_CHECK(use(rows));
      done += std::ssize(ids);
      options_.progress(table, done);
    }
  }
  return {};
}

Result<> VectorIndex::Embed(TenantId tenant, const std::vector<RowText>& rows) {
  if (rows.empty()) return {};
  std::vector<std::string_view> views;
  views.reserve(rows.size());
  for (const RowText& row : rows) views.push_back(row.text.text);
  PULSE_TRY(auto values, embedder_.Embed(views, options_.stop));
  std::vector<vectors::Point> points;
  points.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const store::EmbeddingText& text = rows[i].text;
    points.push_back({
        .id = rows[i].point_id,
        .values = std::move(values[i]),
        .text_hash = ContentHash(text.text),
        .integration = text.integration,
        .entity_type = text.entity_type,
        .external_id = text.external_id,
        .reference = text.reference,
        .title = text.title,
    });
  }
  return vectors_.Upsert(tenant, points);
}

Result<std::int64_t> VectorIndex::Rebuild(TenantId tenant) {
  std::int64_t written = 0;
  const auto embed = [&](std::vector<RowText>& rows) -> Result<> {
    PULSE_CHECK(Embed(tenant, rows));
    written += std::ssize(rows);
    return {};
  };
  PULSE_CHECK(ForEachBatch(tenant, embed));
  return written;
}

Result<> VectorIndex::CompareBatch(
    TenantId tenant, std::vector<RowText>& rows, Repair repair, Drift& drift
) {
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const RowText& row : rows) ids.push_back(row.point_id);
  PULSE_TRY(const std::vector<std::int64_t> stored, vectors_.TextHashes(tenant, ids));
  std::vector<RowText> changed;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ++drift.rows;
    if (stored[i] == ContentHash(rows[i].text.text)) continue;
    ++(stored[i] == 0 ? drift.missing : drift.stale);
    if (repair == Repair::kYes) changed.push_back(std::move(rows[i]));
  }
  return Embed(tenant, changed);
}

Result<VectorIndex::Window> VectorIndex::ReadWindow(TenantId tenant, std::string_view after) {
  Window window{.last = std::string(after)};
  while (window.keys.size() < options_.window && !window.end) {
    const std::size_t room = std::min(kListBatch, options_.window - window.keys.size());
    PULSE_TRY(const auto ids, vectors_.PointsAfter(tenant, window.last, static_cast<int>(room)));
    for (const std::string& id : ids) window.keys.push_back(KeyOf(id));
    window.end = ids.empty();
    if (!ids.empty()) window.last = ids.back();
  }
  window.has_row.resize(window.keys.size());
  return window;
}

Result<> VectorIndex::EraseOrphans(TenantId tenant, const Window& window) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < window.keys.size(); ++i) {
    if (!window.has_row[i]) ids.push_back(IdOf(window.keys[i]));
    const bool last = i + 1 == window.keys.size();
    if (ids.size() < kEraseBatch && !(last && !ids.empty())) continue;
    PULSE_CHECK(vectors_.Erase(tenant, ids));
    ids.clear();
  }
  return {};
}

Result<Drift> VectorIndex::Compare(TenantId tenant, Repair repair) {
  Drift drift;
  PULSE_TRY(drift.points, vectors_.Count(tenant));
  std::string after;
  for (bool first = true;; first = false) {
    // Points first, rows then: a row is committed before its point is written, so a point that is
    // seen here without a row later has none.
    PULSE_TRY(Window window, ReadWindow(tenant, after));
    if (!first && window.keys.empty()) break;
    const auto compare = [&](std::vector<RowText>& rows) -> Result<> {
      for (const RowText& row : rows) window.Mark(row.point_id);
      return first ? CompareBatch(tenant, rows, repair, drift) : Result<>();
    };
    PULSE_CHECK(ForEachBatch(tenant, compare));
    drift.orphaned += std::ranges::count(window.has_row, false);
    if (repair == Repair::kYes) PULSE_CHECK(EraseOrphans(tenant, window));
    if (window.end) break;
    after = window.last;
  }
  return drift;
}

}  // namespace pulse::pipeline
