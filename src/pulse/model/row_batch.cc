#include "pulse/model/row_batch.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "pulse/model/json_text.h"

namespace pulse::model {

Cell Cell::Null() noexcept {
  Cell cell;
  cell.kind_ = Kind::kNull;
  return cell;
}

Cell Cell::Integer(std::int64_t value) noexcept {
  Cell cell;
  cell.kind_ = Kind::kInteger;
  cell.value_.integer = value;
  return cell;
}

Cell Cell::Real(double value) noexcept {
  Cell cell;
  cell.kind_ = Kind::kReal;
  cell.value_.real = value;
  return cell;
}

Cell Cell::Text(std::string_view value) noexcept {
  Cell cell;
  cell.kind_ = Kind::kText;
  cell.value_.text = value.data();
  cell.size_ = static_cast<std::uint32_t>(value.size());
  return cell;
}

namespace {

std::string_view WithoutNuls(Arena& arena, std::string_view text, std::size_t& replaced) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string clean;
  for (const char c : text) {
    if (c == '\0') {
      clean += kReplacement;
      ++replaced;
    } else {
      clean += c;
    }
  }
  return arena.Copy(clean);
}

}  // namespace

RowBatch::RowWriter& RowBatch::RowWriter::Text(ColumnIndex column, std::string_view value) {
  const bool has_nul = std::memchr(value.data(), '\0', value.size()) != nullptr;
  const std::string_view kept = has_nul ? WithoutNuls(batch_.arena_, value, batch_.replaced_nuls_)
                                        : batch_.arena_.Copy(value);
  batch_.cells_[first_cell_ + column.value] = Cell::Text(kept);
  return *this;
}

RowBatch::RowWriter& RowBatch::RowWriter::Integer(ColumnIndex column, std::int64_t value) {
  batch_.cells_[first_cell_ + column.value] = Cell::Integer(value);
  return *this;
}

RowBatch::RowWriter& RowBatch::RowWriter::Real(ColumnIndex column, double value) {
  batch_.cells_[first_cell_ + column.value] = Cell::Real(value);
  return *this;
}

RowBatch::RowWriter& RowBatch::RowWriter::Boolean(ColumnIndex column, bool value) {
  return Integer(column, value ? 1 : 0);
}

RowBatch::RowWriter& RowBatch::RowWriter::Null(ColumnIndex column) {
  batch_.cells_[first_cell_ + column.value] = Cell::Null();
  return *this;
}

void RowBatch::BeginRecord(
    std::string_view entity_type,
    std::string_view external_id,
    EpochMs version,
    std::int32_t position
) {
  open_ = Record{
      .entity_type = arena_.Copy(entity_type),
      .external_id = arena_.Copy(external_id),
      .version = version,
      .raw = raw_,
      .raw_position = position,
      .first_row = static_cast<std::uint32_t>(rows_.size()),
  };
}

RowBatch::RowWriter RowBatch::AddRow(const Table& table) {
  const auto first_cell = static_cast<std::uint32_t>(cells_.size());
  rows_.push_back({&table, first_cell});
  cells_.resize(cells_.size() + table.columns.size());
  return {*this, first_cell};
}

void RowBatch::EndRecord(TableSet complete) {
  open_.rows = static_cast<std::uint32_t>(rows_.size()) - open_.first_row;
  open_.complete = complete;
  Hasher hasher;
  hasher.Add(static_cast<std::int64_t>(complete));
  for (const Row& row : rows(open_)) {
    hasher.Add(static_cast<std::int64_t>(OrdinalOf(*row.table)));
    for (const Cell& cell : cells(row)) {
      hasher.Add(static_cast<std::int64_t>(cell.kind()));
      if (cell.kind() == Cell::Kind::kText) hasher.Add(cell.text());
      if (cell.kind() == Cell::Kind::kInteger) hasher.Add(cell.integer());
      if (cell.kind() == Cell::Kind::kReal) hasher.Add(std::bit_cast<std::int64_t>(cell.real()));
    }
  }
  open_.content_hash = hasher.Finish();
  records_.push_back(open_);
}

void RowBatch::AbandonRecord() {
  if (open_.first_row < rows_.size()) cells_.resize(rows_[open_.first_row].first_cell);
  rows_.resize(open_.first_row);
}

const Row* RowBatch::primary(const Record& record) const {
  for (const Row& row : rows(record)) {
    if (row.table->primary()) return &row;
  }
  return nullptr;
}

// Staging format, little endian, private to one schema version: per record
//   entity_type text, external_id text, version i64, raw i64, raw_position i64, complete i64,
//   content_hash i64, rows u32, then per row: table name text, and per column: kind u8, value.
namespace {

class Writer {
 public:
  void Number(std::int64_t value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void Text(std::string_view text) {
    Number(static_cast<std::int64_t>(text.size()));
    bytes_ += text;
  }
  void Kind(Cell::Kind kind) { bytes_ += static_cast<char>(kind); }
  std::string Take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool done() const { return rest_.empty(); }
  bool ok() const { return ok_; }
  std::int64_t Number() {
    std::int64_t value = 0;
    const std::string_view bytes = Bytes(sizeof value);
    if (ok_) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string_view Text() { return Bytes(static_cast<std::size_t>(Number())); }
  Cell::Kind Kind() {
    const std::string_view byte = Bytes(1);
    if (ok_ && byte[0] > static_cast<char>(Cell::Kind::kText)) ok_ = false;
    return ok_ ? static_cast<Cell::Kind>(byte[0]) : Cell::Kind::kAbsent;
  }

 private:
  std::string_view Bytes(std::size_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  std::string_view rest_;
  bool ok_ = true;
};

Cell ReadCell(Reader& in, Arena& arena) {
  switch (in.Kind()) {
    case Cell::Kind::kAbsent:
      return {};
    case Cell::Kind::kNull:
      return Cell::Null();
    case Cell::Kind::kInteger:
      return Cell::Integer(in.Number());
    case Cell::Kind::kReal:
      return Cell::Real(std::bit_cast<double>(in.Number()));
    case Cell::Kind::kText:
      return Cell::Text(arena.Copy(in.Text()));
  }
  return {};
}

void WriteCell(Writer& out, const Cell& cell) {
  out.Kind(cell.kind());
  if (cell.kind() == Cell::Kind::kInteger) out.Number(cell.integer());
  if (cell.kind() == Cell::Kind::kReal) out.Number(std::bit_cast<std::int64_t>(cell.real()));
  if (cell.kind() == Cell::Kind::kText) out.Text(cell.text());
}

}  // namespace

std::string RowBatch::Serialize() const {
  Writer out;
  for (const Record& record : records_) {
    out.Text(record.entity_type);
    out.Text(record.external_id);
    out.Number(record.version);
    out.Number(record.raw.value());
    out.Number(record.raw_position);
    out.Number(record.complete);
    out.Number(record.content_hash);
    out.Number(record.rows);
    for (const Row& row : rows(record)) {
      out.Text(row.table->name);
      for (const Cell& cell : cells(row)) WriteCell(out, cell);
    }
  }
  return std::move(out).Take();
}

Result<RowBatch> RowBatch::Deserialize(std::string_view bytes) {
  RowBatch batch;
  Reader in(bytes);
  while (!in.done() && in.ok()) {
    Record record;
    record.entity_type = batch.arena_.Copy(in.Text());
    record.external_id = batch.arena_.Copy(in.Text());
    record.version = in.Number();
    record.raw = RawId{in.Number()};
    record.raw_position = static_cast<std::int32_t>(in.Number());
    record.complete = static_cast<TableSet>(in.Number());
    record.content_hash = in.Number();
    record.first_row = static_cast<std::uint32_t>(batch.rows_.size());
    record.rows = static_cast<std::uint32_t>(in.Number());
    for (std::uint32_t i = 0; i < record.rows && in.ok(); ++i) {
      const Table* table = FindTable(in.Text());
      if (table == nullptr) return Error{ErrorKind::kInternal, "staged rows name an unknown table"};
      batch.rows_.push_back({table, static_cast<std::uint32_t>(batch.cells_.size())});
      for (std::size_t c = 0; c < table->columns.size(); ++c) {
        batch.cells_.push_back(ReadCell(in, batch.arena_));
      }
    }
    batch.records_.push_back(record);
  }
  if (!in.ok()) return Error{ErrorKind::kInternal, "staged rows are cut short"};
  return batch;
}

namespace {

void AppendCell(std::string& out, const Column& column, const Cell& cell) {
  if (!cell.has_value()) {
    out += "null";
  } else if (column.type == ColumnType::kInstant) {
    out += '"';
    out += FormatInstant(cell.integer());
    out += '"';
  } else if (column.type == ColumnType::kBoolean) {
    out += cell.integer() != 0 ? "true" : "false";
  } else if (column.type == ColumnType::kJson) {
    out += cell.text();
  } else if (cell.kind() == Cell::Kind::kInteger) {
    out += std::to_string(cell.integer());
  } else if (cell.kind() == Cell::Kind::kReal) {
    AppendJsonNumber(out, cell.real());
  } else {
    AppendJsonString(out, cell.text());
  }
}

}  // namespace

std::string RowToJson(const RowBatch& batch, const Row& row) {
  std::string out = "{";
  const auto cells = batch.cells(row);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].kind() == Cell::Kind::kAbsent) continue;
    if (out.size() > 1) out += ',';
    AppendJsonString(out, row.table->columns[i].name);
    out += ':';
    AppendCell(out, row.table->columns[i], cells[i]);
  }
  return out += '}';
}

}  // namespace pulse::model
