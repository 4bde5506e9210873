#include "pulse/source/github/rows.h"

#include <algorithm>

namespace pulse::source::github {
namespace {

std::string Cased(std::string_view text, int (*change)(int)) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [change](unsigned char c) {
    return static_cast<char>(change(c));
  });
  return out;
}

int AsciiUpper(int c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; }
int AsciiLower(int c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

}  // namespace

void PutText(RowWriter& row, model::ColumnIndex column, Value value) {
  if (value.absent()) return;
  if (const auto text = value.text()) {
    row.Text(column, *text);
  } else {
    row.Null(column);
  }
}

void PutUpper(RowWriter& row, model::ColumnIndex column, Value value) {
  if (const auto text = value.text()) {
    row.Text(column, Cased(*text, AsciiUpper));
  } else if (!value.absent()) {
    row.Null(column);
  }
}

void PutInteger(RowWriter& row, model::ColumnIndex column, Value value) {
  if (const auto number = value.integer()) {
    row.Integer(column, *number);
  } else if (!value.absent()) {
    row.Null(column);
  }
}

void PutBoolean(RowWriter& row, model::ColumnIndex column, Value value) {
  if (const auto flag = value.boolean()) {
    row.Boolean(column, *flag);
  } else if (!value.absent()) {
    row.Null(column);
  }
}

void PutInstant(RowWriter& row, model::ColumnIndex column, Value value) {
  if (const auto instant = InstantOf(value)) {
    row.Integer(column, *instant);
  } else if (!value.absent()) {
    row.Null(column);
  }
}

void PutId(RowWriter& row, model::ColumnIndex column, Value value) {
  if (const std::string id = value.id(); !id.empty()) {
    row.Text(column, id);
  } else if (!value.absent()) {
    row.Null(column);
  }
}

void PutTextOf(RowWriter& row, model::ColumnIndex column, Value owner, std::string_view field) {
  if (owner.is_object()) return PutText(row, column, owner[field]);
  if (!owner.absent()) row.Null(column);
}

std::optional<EpochMs> InstantOf(Value value) {
  const auto text = value.text();
  return text ? ParseInstant(*text) : std::nullopt;
}

Person PersonOf(Value value) {
  Person person;
  person.absent = value.absent();
  if (!value.is_object()) return person;
  const auto type_name = value["__typename"].text();
  person.login = value["login"].text().value_or("");
  person.type = type_name.value_or(value["type"].text().value_or(""));
  if (type_name == "Bot" && !person.login.empty() && !person.login.ends_with("[bot]")) {
    person.login += "[bot]";
  }
  // In GraphQL `id` is the opaque node id, so `databaseId` is asked first wherever there is one.
  const Value database_id = value["databaseId"];
  person.id = database_id.absent() && !type_name ? value["id"].id() : database_id.id();
  if (person.id.empty()) person.id = person.login;
  return person;
}

void PutAuthorId(RowWriter& row, model::ColumnIndex column, const Person& person) {
  if (!person.id.empty()) {
    row.Text(column, person.id);
  } else if (!person.absent) {
    row.Null(column);
  }
}

void PutLogin(RowWriter& row, model::ColumnIndex column, const Person& person) {
  if (!person.login.empty()) {
    row.Text(column, person.login);
  } else if (!person.absent) {
    row.Null(column);
  }
}

void People::Note(const Person& person) {
  // An account that only says its login (a releaser, a merger) is noted where it says more.
  if (person.id.empty() || person.type.empty()) return;
  if (ids_.insert(person.id).second) seen_.push_back(person);
}

void People::WriteTo(model::RowBatch& rows) const {
  using model::kPeople;
  for (const Person& person : seen_) {
    rows.BeginRecord("people", person.id, 0, 0);
    auto row = rows.AddRow(kPeople);
    row.Text(kPeople["external_id"], person.id);
    PutLogin(row, kPeople["login"], person);
    row.Text(kPeople["kind"], Cased(person.type, AsciiLower));
    rows.EndRecord();
  }
}

}  // namespace pulse::source::github
