#pragma once

/// \file
/// Table: the one description of a domain table. DDL checks, upserts, staging, JSON output and the
/// data dictionary all derive from it. The tables themselves are in tables.h.

#include <cstdint>
#include <span>
#include <string_view>

namespace pulse::model {

enum class ColumnType : unsigned char {
  kText,
  kInteger,
  kReal,
  kBoolean,  ///< Cells hold 0 or 1.
  kInstant,  ///< Cells hold EpochMs; SQLite shows ISO 8601 text, PostgreSQL timestamptz.
  kDate,     ///< Text `2024-02-29`: a day, in nobody's time zone.
  kJson,     ///< Text holding one valid JSON value.
};

enum class Presence : unsigned char {
  kPlain,
  /// The source may leave the field out, which is not the same as null: a row whose field was
  /// absent lists the column in `absent_fields` (primary tables only).
  kTracked,
};

struct Column {
  std::string_view name;
  ColumnType type;
  std::string_view doc;
  Presence presence = Presence::kPlain;
};

/// An index into Table::columns that was checked when the program was compiled.
struct ColumnIndex {
  std::uint8_t value;
};

/// How rows of a child table find their parent: the child's columns and the parent's columns with
/// equal values, within one (tenant, integration). The child's surrogate column (an integer, may
/// be null while the parent has not been loaded) is filled by the store, never by a transform.
struct ParentLink {
  const struct Table* table = nullptr;
  std::string_view surrogate;  ///< e.g. "work_item_id"
  std::span<const std::string_view> child_columns;
  std::span<const std::string_view> parent_columns;
};

struct Table {
  std::string_view name;
  std::string_view doc;
  /// The first `key_columns` of these identify a row within (tenant_id, integration_id).
  std::span<const Column> columns;
  std::uint8_t key_columns;
  /// Non-empty for primary tables: the entity type whose records the receipts count.
  std::string_view entity_type = {};
  ParentLink parent = {};
  /// Columns that say where the source keeps a record, for asking after one by something else than
  /// its id: an issue's project, a pull request's repository and number.
  std::span<const std::string_view> locator = {};

  constexpr bool primary() const { return !entity_type.empty(); }

  /// kWorkItems["status"]: the column's index; a name that does not exist does not compile.
  consteval ColumnIndex operator[](std::string_view column) const {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name == column) return {static_cast<std::uint8_t>(i)};
    }
    throw "no such column";
  }

  /// The same at run time; columns.size() when there is none.
  constexpr std::size_t IndexOf(std::string_view column) const {
    std::size_t i = 0;
    while (i < columns.size() && columns[i].name != column) ++i;
    return i;
  }
};

// Columns the store adds to every domain table, and which a Table does not list:
//   id, tenant_id, integration_id, raw_id, raw_position, job_id, content_hash, created_at,
//   updated_at
// and to primary tables also: source_version, absent_fields, deleted_at, deleted_reason. The raw_id
// of the row's last writer is also its fetch sequence: of two equal source versions the higher one
// wins.

}  // namespace pulse::model
