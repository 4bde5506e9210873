#pragma once

/// \file
/// PostgresTables: reading domain rows. See store/tables.h.

#include "pulse/store/postgres/pool.h"
#include "pulse/store/tables.h"

namespace pulse::store::postgres {

class PostgresTables final : public Tables {
 public:
  PostgresTables(Pool& pool, std::chrono::milliseconds select_limit)
      : pool_(pool), select_limit_(select_limit) {}

  Result<std::string> Select(TenantId tenant, std::string_view sql, int max_rows) override;
  Result<std::vector<EmbeddingText>> EmbeddingTexts(
      TenantId tenant, std::string_view table, const std::vector<RowId>& rows
  ) override;
  Result<std::vector<RowId>> RowsAfter(
      TenantId tenant, std::string_view table, RowId after, int limit
  ) override;

 private:
  Pool& pool_;
  std::chrono::milliseconds select_limit_;
};

}  // namespace pulse::store::postgres
