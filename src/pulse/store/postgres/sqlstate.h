#pragma once

/// \file
/// SQLSTATE → ErrorKind, once. Texts of errors name the query and never a password.
///
/// | SQLSTATE                    | kind          | why                                            |
/// | 08*, 57P0x, 53*, 25P03      | kUnavailable  | the server is away, restarting, full           |
/// | 40001, 40P01, 55P03         | kUnavailable  | lost a race for a lock: run it again           |
/// | 23505                       | kConflict     | the key is taken                               |
/// | 23503                       | kNotFound     | what it refers to is not there                 |
/// | 57014                       | kTimeout      | statement_timeout                              |
/// | 28*                         | kUnauthorized | the login was refused                          |
/// | 3D000                       | kInvalid      | no such database                               |
/// | the rest                    | kInternal     | our SQL                                        |

#include <string>
#include <string_view>

#include "pulse/base/error.h"

struct pg_conn;
struct pg_result;

namespace pulse::store::postgres {

ErrorKind KindOfSqlState(std::string_view state) noexcept;

/// 40001, 40P01, 55P03: the transaction was sound and may simply be run again.
bool IsLostRace(std::string_view state) noexcept;

/// "" when there is none (the connection broke).
std::string SqlStateOf(const pg_result* result);

/// What went wrong with a statement.
Error ResultError(const pg_result* result, std::string_view query);
/// The connection broke, or could not be made.
Error ConnectionError(const pg_conn* connection, std::string_view doing);

}  // namespace pulse::store::postgres
