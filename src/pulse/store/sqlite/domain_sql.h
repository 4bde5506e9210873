#pragma once

/// \file
/// DomainSql: the statements over domain tables, composed from model/tables.h. Only names of the
/// description go into the text, never data. Every statement is bound to one tenant.

#include <array>
#include <cstddef>
#include <deque>
#include <iterator>
#include <string>

#include "pulse/model/tables.h"
#include "pulse/store/query.h"

namespace pulse::store::sqlite {

/// Parameters in the order given; `cells` is one parameter per described column, `key` one per key
/// column, `link` one per parent-link column.
struct TableSql {
  const model::Table* table = nullptr;

  // Primary tables.
  Query find;    ///< (tenant, integration, key) → id, content_hash, source_version, raw_id, job_id,
                 ///< deleted?
  Query insert;  ///< (tenant, integration, cells, raw, position, job, hash, now, now, version,
                 ///< absent)
  Query update;  ///< (cells, raw, position, job, hash, now, version, absent, tenant, id)
  Query confirm;  ///< (tenant, id, version): a newer page says the same
  Query touch;    ///< (tenant, id, job, now): a child of the row changed
  /// (tenant, integration, external id, now, reason, began): marks the row deleted, unless it was
  /// written since → its id
  Query vanish;
  Query missing;  ///< (tenant, integration, job, entity type, began, limit) → external id, locator
  Query missing_counts;  ///< (tenant, integration, job, entity type, began) → known, missing
  Query absent;          ///< (tenant, integration, JSON array of ids) → those without a living row

  // Child tables.
  Query upsert;    ///< (tenant, integration, cells, parent id, raw, position, job, hash, now, now)
  Query siblings;  ///< (tenant, integration, link) → id, raw_id, key…
  Query remove;    ///< (tenant, id)
  Query adopt;     ///< (tenant, integration, parent id, link): waiting rows get their parent
  Query any_waiting;  ///< (tenant, integration) → a row when some row waits for its parent
  Query find_parent;  ///< (tenant, integration, link) → id, job_id of the parent row
  /// (tenant, integration, external id) → the parent's link values: for a set that came empty
  Query link_values;

  Query forget;  ///< (tenant, integration): every row
  /// (tenant, id) → external id of the primary record, the described columns, and for primary
  /// tables deleted_at
  Query show;
};

/// Immutable once built; shared by all connections of a store and outlives them.
class DomainSql {
 public:
  DomainSql();
  DomainSql(const DomainSql&) = delete;
  DomainSql& operator=(const DomainSql&) = delete;

  const TableSql& Of(const model::Table& table) const { return tables_[model::OrdinalOf(table)]; }
  const TableSql& At(std::size_t ordinal) const { return tables_[ordinal]; }

 private:
  Query Keep(const model::Table& table, std::string_view what, std::string text);
  void DescribePrimary(TableSql& sql);
  void DescribeCensus(TableSql& sql);
  void DescribeChild(TableSql& sql);

  std::deque<std::string> texts_;  ///< What the queries point into; a deque never moves them.
  std::array<TableSql, std::size(model::kTables)> tables_;
};

}  // namespace pulse::store::sqlite
