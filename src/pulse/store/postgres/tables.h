#pragma once

/// \file
/// PostgresTables: reading domain rows. See store/tables.h.

#include "pulse/store/postgres/pool.h"
#include "pulse/store/tables.h"

namespace pulse::store::postgres {

class PostgresTables final : public Tables {
 public:
  /// `queries` serves Select, so that people's queries never take the pipeline's connections.
  PostgresTables(Pool& pool, Pool& queries, std::chrono::milliseconds select_limit)
      : pool_(pool), queries_(queries), select_limit_(select_limit) {}

  Result<std::string> Select(TenantId tenant, std::string_view sql, int max_rows) override;
  Result<std::vector<EmbeddingText>> EmbeddingTexts(
      TenantId tenant, std::string_view table, const std::vector<RowId>& rows
  ) override;
  Result<std::vector<RowId>> RowsAfter(
      TenantId tenant, std::string_view table, RowId after, int limit
  ) override;

 private:
  Pool& pool_;
  Pool& queries_;
  std::chrono::milliseconds select_limit_;
};

}  // namespace pulse::store::postgres
