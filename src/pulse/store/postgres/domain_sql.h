#pragma once

/// \file
/// DomainSql: the set-based statements over domain tables, composed from model/tables.h. Only names
/// of the description go into the text, never data. $1 is always the tenant, $2 the integration;
/// every other parameter is an array with one element per row, unless it says otherwise.

#include <array>
#include <deque>
#include <iterator>
#include <string>
#include <vector>

#include "pulse/model/tables.h"
#include "pulse/store/query.h"

namespace pulse::store::postgres {

struct TableSql {
  const model::Table* table = nullptr;

  // Primary tables. Both finds return external_id, id, exists, content_hash, source_version,
  // raw_id, job_id, deleted, seen, link values.
  Query find;  ///< (job, wanted?, external id; job is a scalar). Rows that do not exist come with a
               ///< fresh id where one is wanted, else 0.
  Query find_by_link;  ///< (job, link…; job is a scalar). Only rows that exist.
  Query insert;   ///< (job, now; scalars, then id, raw, position, hash, version, absent, cells…)
  Query update;   ///< As insert.
  Query lock;     ///< (id): in the order of ids, so that two who do this never wait in a circle.
  Query confirm;  ///< (id, version): a newer page says the same. Never makes a version lower.
  Query any_waiting;  ///< () → for each of ChildrenOf(table), whether some row waits for its parent
  Query touch;        ///< (job, now; scalars, then id): a child of the row changed.
  Query vanish;       ///< (external id, reason, then now, loaded before; scalars) → id
  Query missing;      ///< (job, entity type, began, limit; scalars) → external_id
  Query missing_counts;  ///< (job, entity type, began; scalars) → known, missing
  Query absent;          ///< (external id) → the external ids without a living row, in order

  // Child tables.
  Query find_children;  ///< (key…) → id, content_hash, raw_id, link…, key…
  Query siblings;       ///< (link…) → the same
  Query upsert;         ///< (job, now; scalars, then parent or null, raw, position, hash, cells…)
  Query remove;         ///< (id)
  Query adopt;          ///< (parent, link…): waiting rows get their parent

  Query show;  ///< (id) → id, record's external id, cells… [, deleted_at]: for a preview
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

/// In the order of model::kTables.
std::vector<const model::Table*> ChildrenOf(const model::Table& parent);
/// Any child table of `parent`, or null: all children of one parent link by the same columns of it.
const model::Table* AnyChildOf(const model::Table& parent);

}  // namespace pulse::store::postgres
