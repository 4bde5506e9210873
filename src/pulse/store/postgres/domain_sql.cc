#include "pulse/store/postgres/domain_sql.h"

#include "pulse/store/postgres/schema.h"

namespace pulse::store::postgres {
namespace {

using Names = std::vector<std::string_view>;

Names CellsOf(const model::Table& table) {
  Names names;
  for (const model::Column& column : table.columns) names.push_back(column.name);
  return names;
}

Names KeyOf(const model::Table& table) {
  Names names = CellsOf(table);
  names.resize(table.key_columns);
  return names;
}

Names NamesOf(std::span<const std::string_view> names) { return {names.begin(), names.end()}; }

Names Concat(std::initializer_list<Names> parts) {
  Names all;
  for (const Names& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// "a, b, c", each behind `prefix`.
std::string List(const Names& names, std::string_view prefix = "") {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text.append(prefix).append(name);
  }
  return text;
}

/// "a.x = b.x AND a.y = b.z" for equally many names of both sides.
std::string Equal(std::string_view a, const Names& of_a, std::string_view b, const Names& of_b) {
  std::string text;
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    if (i > 0) text += " AND ";
    text.append(a).append(".").append(of_a[i]).append(" = ");
    text.append(b).append(".").append(of_b[i]);
  }
  return text;
}

std::string_view TypeOfStored(const model::Table& table, std::string_view name) {
  for (const StoredColumn& column : StoredColumns(table)) {
    if (column.name == name) return column.type;
  }
  return "bigint";
}

/// "unnest($3::bigint[], $4::text[]) AS u(id, name)": arrays side by side from parameter `first`
/// on, typed as the table's columns of these names.
std::string Unnest(
    const model::Table& table, std::size_t first, const Names& names, bool ordered = false
) {
  std::string arrays;
  for (const std::string_view name : names) {
    // raw_position is an integer; arrays of integers travel as bigint.
    std::string_view type = TypeOfStored(table, name);
    if (type == "integer") type = "bigint";
    if (!arrays.empty()) arrays += ", ";
    arrays.append("$").append(std::to_string(first++)).append("::").append(type).append("[]");
  }
  std::string text = "unnest(" + arrays + ")";
  if (ordered) text += " WITH ORDINALITY";
  text.append(" AS u(").append(List(names));
  if (ordered) text += ", ordinal";
  return text += ")";
}

constexpr std::string_view kOfIntegration = "tenant_id = $1 AND t.integration_id = $2";
const Names kOrigin = {"raw_id", "raw_position", "content_hash"};

/// What both finds select; `t` is the row.
std::string FoundColumns(const model::Table& table) {
  std::string text =
      "coalesce(t.content_hash, 0), coalesce(t.source_version, 0), coalesce(t.raw_id, 0), "
      "coalesce(t.job_id, 0), t.deleted_at IS NOT NULL, "
      "(SELECT true FROM job_seen s WHERE s.tenant_id = $1 AND s.job_id = $3 AND s.table_ordinal "
      "= ";
  text += std::to_string(model::OrdinalOf(table));
  text += " AND s.row_id = t.id LIMIT 1) IS NOT NULL";
  if (const model::Table* child = AnyChildOf(table)) {
    text += ", " + List(NamesOf(child->parent.parent_columns), "t.");
  }
  return text;
}

/// "t.a = u.a AND t.b >= u.b AND t.b <= u.b ORDER BY t.b": the rows that equal `u`, said so that
/// only an index over these columns will do. Several indexes begin with tenant and integration, and
/// until the first ANALYZE they all promise one row: said plainly, the planner may take one that
/// reads the whole integration for every key. None of those has the order, and our sessions do not
/// sort.
std::string ByIndexOn(const Names& names) {
  Names front = names;
  front.pop_back();
  std::string text = Equal("t", front, "u", front);
  const std::string last(names.back());
  text.append(text.empty() ? "t." : " AND t.").append(last).append(" >= u.").append(last);
  text.append(" AND t.").append(last).append(" <= u.").append(last);
  return text.append(" ORDER BY t.").append(last);
}

/// The rows of `table` that equal `u` in these columns, each looked up by itself. OFFSET 0 keeps
/// the planner from making a join of it: before the first ANALYZE, and for a tenant that is new to
/// the statistics, it takes the tenant for one row, reads all of them and compares every pair.
std::string Lookup(const model::Table& table, const Names& names) {
  std::string text = "LATERAL (SELECT * FROM ";
  text.append(table.name).append(" t WHERE t.").append(kOfIntegration);
  return text.append(" AND ").append(ByIndexOn(names)).append(" OFFSET 0) t");
}

/// The rows with the ids in parameter `ids`. Of the integration $2 too, but not so that an index
/// over it looks as good as the one by id (see ByIndexOn).
std::string ById(std::size_t ids) {
  return "t.tenant_id = $1 AND t.id = ANY($" + std::to_string(ids) +
         "::bigint[]) AND (t.integration_id = $2) IS TRUE";
}

/// Which primary record a row is, or belongs to; a child without its parent says where it points.
std::string RecordOf(const model::Table& table) {
  if (table.primary()) return "t.external_id";
  const model::ParentLink& link = table.parent;
  std::string text = "coalesce((SELECT p.external_id FROM ";
  text.append(link.table->name).append(" p WHERE p.tenant_id = $1 AND p.id = t.");
  text.append(link.surrogate).append("), t.").append(link.child_columns[0]);
  for (std::size_t i = 1; i < link.child_columns.size(); ++i) {
    text.append(" || '#' || t.").append(link.child_columns[i]);
  }
  return text += ")";
}

/// Where the source can be asked for a row: its locator columns with # between them.
std::string Locator(const model::Table& table) {
  std::string text;
  for (const std::string_view column : table.locator) {
    text.append(text.empty() ? "" : " || '#' || ").append("coalesce(t.").append(column);
    text += "::text, '')";
  }
  return text.empty() ? "''" : text;
}

}  // namespace

std::vector<const model::Table*> ChildrenOf(const model::Table& parent) {
  std::vector<const model::Table*> children;
  for (const model::Table* table : model::kTables) {
    if (table->parent.table == &parent) children.push_back(table);
  }
  return children;
}

const model::Table* AnyChildOf(const model::Table& parent) {
  const auto children = ChildrenOf(parent);
  return children.empty() ? nullptr : children.front();
}

DomainSql::DomainSql() {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    TableSql& sql = tables_[i];
    sql.table = model::kTables[i];
    const model::Table& table = *sql.table;
    if (table.primary()) {
      DescribePrimary(sql);
      DescribeCensus(sql);
    }
    if (HasSurrogate(table)) DescribeChild(sql);
    std::string show = "SELECT t.id, " + RecordOf(table);
    for (const model::Column& column : table.columns) {
      show.append(", t.").append(column.name);
      if (column.type == model::ColumnType::kDate) show += "::text";
    }
    if (table.primary()) show += ", t.deleted_at";
    show.append(" FROM ").append(table.name);
    sql.show = Keep(table, "show", show + " t WHERE t.tenant_id = $1 AND t.id = ANY($2::bigint[])");
  }
}

Query DomainSql::Keep(const model::Table& table, std::string_view what, std::string text) {
  const std::string& name =
      texts_.emplace_back("rows." + std::string(table.name) + "." + std::string(what));
  return {name, texts_.emplace_back(std::move(text))};
}

void DomainSql::DescribePrimary(TableSql& sql) {
  const model::Table& table = *sql.table;
  const std::string name(table.name);
  const Names written =
      Concat({{"id"}, kOrigin, {"source_version", "absent_fields"}, CellsOf(table)});

  sql.find = Keep(
      table,
      "find",
      "SELECT u.external_id, coalesce(t.id, CASE WHEN u.wanted THEN nextval('" + name +
          "_id_seq') ELSE 0 END), t.id IS NOT NULL, " + FoundColumns(table) +
          " FROM unnest($4::boolean[], $5::text[]) AS u(wanted, external_id) LEFT JOIN " +
          Lookup(table, {"external_id"}) + " ON true"
  );
  if (const model::Table* child = AnyChildOf(table)) {
    const Names link = NamesOf(child->parent.parent_columns);
    sql.find_by_link = Keep(
        table,
        "find_by_link",
        "SELECT t.external_id, t.id, true, " + FoundColumns(table) + " FROM " +
            Unnest(table, 4, link) + " CROSS JOIN " + Lookup(table, link)
    );
  }
  std::string waiting;
  for (const model::Table* child : ChildrenOf(table)) {
    waiting.append(waiting.empty() ? "SELECT" : ",").append(" EXISTS (SELECT 1 FROM ");
    waiting.append(child->name).append(" t WHERE t.").append(kOfIntegration).append(" AND t.");
    waiting.append(child->parent.surrogate).append(" IS NULL)");
  }
  if (!waiting.empty()) sql.any_waiting = Keep(table, "any_waiting", std::move(waiting));
  const std::string insert =
      "INSERT INTO " + name + " AS t (tenant_id, integration_id, job_id, created_at, updated_at, " +
      List(written) + ") OVERRIDING SYSTEM VALUE SELECT $1, $2, $3, $4, $4, " +
      List(written, "u.") + " FROM " + Unnest(table, 5, written);
  sql.insert = Keep(table, "insert", insert);
  // By its key like an upsert, although the row is there: no plan can make this a join.
  std::string update = insert + " ON CONFLICT (" + KeyColumns(table) + ") DO UPDATE SET ";
  for (const std::string_view column :
       Concat({kOrigin, {"source_version", "absent_fields"}, CellsOf(table)})) {
    update.append(column).append(" = excluded.").append(column).append(", ");
  }
  update +=
      "job_id = excluded.job_id, updated_at = excluded.updated_at, deleted_at = NULL, "
      "deleted_reason = NULL";
  sql.update = Keep(table, "update", std::move(update));
  const std::string confirmed = "($4::bigint[])[array_position($3::bigint[], t.id)]";
  sql.lock = Keep(
      table,
      "lock",
      "SELECT 1 FROM " + name + " t WHERE " + ById(3) + " ORDER BY t.id FOR NO KEY UPDATE"
  );
  sql.confirm = Keep(
      table,
      "confirm",
      "UPDATE " + name + " t SET source_version = " + confirmed + " WHERE " + ById(3) +
          " AND t.source_version < " + confirmed
  );
  sql.touch = Keep(
      table, "touch", "UPDATE " + name + " t SET job_id = $3, updated_at = $4 WHERE " + ById(5)
  );
}

// A row written since the job began was there: whatever the census says is older news.
void DomainSql::DescribeCensus(TableSql& sql) {
  const model::Table& table = *sql.table;
  const std::string name(table.name);
  sql.vanish = Keep(
      table,
      "vanish",
      "UPDATE " + name +
          " t SET deleted_at = $5, updated_at = $5, deleted_reason = "
          "($4::text[])[array_position($3::text[], t.external_id)] WHERE t." +
          std::string(kOfIntegration) +
          " AND t.external_id = ANY($3::text[]) AND t.deleted_at IS NULL AND t.updated_at < $6 "
          "RETURNING t.id"
  );
  const std::string from = " FROM " + name + " t WHERE t." + std::string(kOfIntegration);
  const std::string missing =
      "t.deleted_at IS NULL AND t.updated_at < $5 AND (SELECT true FROM job_census c "
      "WHERE c.tenant_id = $1 AND c.job_id = $3 AND c.entity_type = $4 AND c.external_id = "
      "t.external_id LIMIT 1) IS NULL";
  sql.missing = Keep(
      table,
      "missing",
      "SELECT t.external_id, " + Locator(table) + from + " AND " + missing +
          " ORDER BY t.id LIMIT $6"
  );
  sql.missing_counts = Keep(
      table,
      "missing_counts",
      "SELECT count(*), count(*) FILTER (WHERE " + missing + ")" + from +
          " AND t.created_at < $5 AND (t.deleted_at IS NULL OR t.deleted_at >= $5)"
  );
  sql.absent = Keep(
      table,
      "absent",
      "SELECT u.external_id FROM unnest($3::text[]) WITH ORDINALITY AS u(external_id, ordinal) "
      "WHERE (SELECT true" +
          from + " AND t.deleted_at IS NULL AND " + ByIndexOn({"external_id"}) +
          " LIMIT 1) IS NULL ORDER BY u.ordinal"
  );
}

void DomainSql::DescribeChild(TableSql& sql) {
  const model::Table& table = *sql.table;
  const model::ParentLink& parent = table.parent;
  const std::string name(table.name);
  const std::string surrogate(parent.surrogate);
  const std::string of_integration = "t." + std::string(kOfIntegration);
  const Names key = KeyOf(table);
  const Names link = NamesOf(parent.child_columns);
  const std::string found =
      "SELECT t.id, t.content_hash, t.raw_id, " + List(Concat({link, key}), "t.") + " FROM ";
  const auto joined = [&](const Names& names) {
    return found + Unnest(table, 3, names) + " CROSS JOIN " + Lookup(table, names);
  };
  sql.find_children = Keep(table, "find_children", joined(key));
  sql.siblings = Keep(table, "siblings", joined(link));

  const Names written = Concat({{parent.surrogate}, kOrigin, CellsOf(table)});
  std::string upsert =
      "INSERT INTO " + name + " AS t (tenant_id, integration_id, job_id, created_at, updated_at, " +
      List(written) + ") SELECT $1, $2, $3, $4, $4, " + List(written, "u.") + " FROM " +
      Unnest(table, 5, written) + " ON CONFLICT (" + KeyColumns(table) + ") DO UPDATE SET ";
  for (std::size_t i = table.key_columns; i < table.columns.size(); ++i) {
    const std::string_view column = table.columns[i].name;
    upsert.append(column).append(" = excluded.").append(column).append(", ");
  }
  upsert.append(surrogate).append(" = coalesce(excluded.").append(surrogate);
  upsert.append(", t.").append(surrogate).append("), ");
  upsert +=
      "raw_id = excluded.raw_id, raw_position = excluded.raw_position, job_id = excluded.job_id, "
      "content_hash = excluded.content_hash, updated_at = excluded.updated_at "
      "WHERE t.content_hash <> excluded.content_hash AND excluded.raw_id >= t.raw_id";
  sql.upsert = Keep(table, "upsert", std::move(upsert));

  sql.remove = Keep(table, "remove", "DELETE FROM " + name + " t WHERE " + ById(3));
  sql.adopt = Keep(
      table,
      "adopt",
      "UPDATE " + name + " t SET " + surrogate + " = u." + surrogate + " FROM " +
          Unnest(table, 3, Concat({{parent.surrogate}, link})) + " WHERE " + of_integration +
          " AND t." + surrogate + " IS NULL AND " + Equal("t", link, "u", link)
  );
}

}  // namespace pulse::store::postgres
