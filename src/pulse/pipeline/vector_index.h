#pragma once

/// \file
/// VectorIndex: the vectors of a tenant's rows, outside a job: making them again, and comparing the
/// two.
///
/// Works in batches: memory depends on the batch and on kDriftWindow, not on the tenant. May run
/// beside the pipeline. What the pipeline writes meanwhile can show up as drift that is none; so
/// can a point of a row that comes back between the comparison and the repair be erased. Running it
/// again settles both.

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"
#include "pulse/embed/embedder.h"
#include "pulse/store/tables.h"
#include "pulse/vectors/vectors.h"

namespace pulse::pipeline {

/// The tables whose rows have vectors.
inline constexpr std::string_view kIndexedTables[] = {"work_items", "prs"};

/// Point ids held at once, 16 bytes each. A tenant with more has its rows read once for each
/// window.
inline constexpr std::size_t kDriftWindow = 1'000'000;

struct Drift {
  std::int64_t rows = 0;      ///< Living rows.
  std::int64_t points = 0;    ///< As the vectors count them.
  std::int64_t missing = 0;   ///< Rows without a point.
  std::int64_t stale = 0;     ///< Points of another text than their row's.
  std::int64_t orphaned = 0;  ///< Points without a living row.

  bool none() const { return missing == 0 && stale == 0 && orphaned == 0; }
};

struct VectorIndexOptions {
  int batch = 128;  ///< Rows read, and at most embedded, at a time; 1..1024.
  std::size_t window = kDriftWindow;
  std::stop_token stop{};
  /// After each batch: the table and how many of its rows are done.
  std::function<void(std::string_view table, std::int64_t rows)> progress = [](std::string_view,
                                                                               std::int64_t) {};
};

class VectorIndex {
 public:
  enum class Repair : unsigned char { kNo, kYes };

  /// What it refers to must outlive it.
  VectorIndex(
      store::Tables& tables,
      vectors::Vectors& vectors,
      embed::Embedder& embedder,
      VectorIndexOptions options
  );

  /// Embeds every living row again, changed or not, and replaces its point; returns how many.
  /// Points without a row stay: Compare finds those.
  Result<std::int64_t> Rebuild(TenantId tenant);

  /// Compares rows and points both ways; with kYes embeds what is missing or stale and erases what
  /// is orphaned. The counts are those found, before the repair.
  Result<Drift> Compare(TenantId tenant, Repair repair);

  // Errors of both: kCancelled (how to go on), the store's, the vectors', the embedder's.

 private:
  struct RowText;
  struct Window;

  Result<> ForEachBatch(TenantId tenant, const std::function<Result<>(std::vector<RowText>&)>& use);
  Result<> Embed(TenantId tenant, const std::vector<RowText>& rows);
  Result<> CompareBatch(TenantId tenant, std::vector<RowText>& rows, Repair repair, Drift& drift);
  Result<Window> ReadWindow(TenantId tenant, std::string_view after);
  Result<> EraseOrphans(TenantId tenant, const Window& window);

  store::Tables& tables_;
  vectors::Vectors& vectors_;
  embed::Embedder& embedder_;
  const VectorIndexOptions options_;
};

}  // namespace pulse::pipeline
