#pragma once

/// \file
/// What separates a database's domain tables from model/tables.h. Tables, columns and indexes are
/// added; nothing is ever dropped, so a program that knows fewer columns goes on working.

#include <vector>

#include "pulse/base/error.h"
#include "pulse/store/postgres/connection.h"
#include "pulse/store/script.h"

namespace pulse::store::postgres {

/// The statements that bring the tables in line, in order. An index of a table that exists already
/// is built concurrently: it may be big.
Result<std::vector<ScriptStatement>> PlanDomain(Connection& connection);

/// Names of described columns ("prs.title") the database lacks; empty: this program can work on it.
Result<std::vector<std::string>> MissingColumns(Connection& connection);

/// DROP TABLE of every domain table.
std::vector<ScriptStatement> DropDomain();

}  // namespace pulse::store::postgres
