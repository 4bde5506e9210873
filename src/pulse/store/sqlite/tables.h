#pragma once

/// \file
/// SqliteTables: reading domain rows. See store/tables.h.

#include "pulse/store/sqlite/database.h"
#include "pulse/store/tables.h"

namespace pulse::store::sqlite {

class SqliteTables final : public Tables {
 public:
  SqliteTables(Database& database, std::chrono::milliseconds select_limit)
      : database_(database), select_limit_(select_limit) {}

  Result<std::string> Select(TenantId tenant, std::string_view sql, int max_rows) override;
  Result<std::vector<EmbeddingText>> EmbeddingTexts(
      TenantId tenant, std::string_view table, const std::vector<RowId>& rows
  ) override;
  Result<std::vector<RowId>> RowsAfter(
      TenantId tenant, std::string_view table, RowId after, int limit
  ) override;

 private:
  Database& database_;
  std::chrono::milliseconds select_limit_;
};

}  // namespace pulse::store::sqlite
