#pragma once

/// \file
/// Tables: reading domain rows, for people (SQL) and for the vectorize stage.

#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"

namespace pulse::store {

/// A row's text for embedding, made from fixed columns (title and description; title and body).
struct EmbeddingText {
  RowId row;
  IntegrationId integration;
  std::string entity_type;
  std::string external_id;
  std::string title;      ///< Shown with search results.
  std::string reference;  ///< PAY-42, owner/repo#7.
  std::string text;
  bool deleted = false;  ///< Marked deleted: its point goes.
};

class Tables {
 public:
  virtual ~Tables() = default;

  /// Runs exactly one SELECT as this tenant: no other tenant's row and no secret can be seen and
  /// nothing written, whatever the text says. Result: JSON array of objects, at most `max_rows`.
  /// Errors: kInvalid (not one SELECT, a syntax error, a table that is not offered).
  virtual Result<std::string> Select(TenantId tenant, std::string_view sql, int max_rows) = 0;

  /// Texts of rows of `table` ("work_items", "prs"); rows that are gone are left out.
  virtual Result<std::vector<EmbeddingText>> EmbeddingTexts(
      TenantId tenant, std::string_view table, const std::vector<RowId>& rows
  ) = 0;

  /// Row ids of living rows of `table` after `after`, ascending, at most `limit`: for rebuilding
  /// vectors.
  virtual Result<std::vector<RowId>> RowsAfter(
      TenantId tenant, std::string_view table, RowId after, int limit
  ) = 0;
};

}  // namespace pulse::store
