#pragma once

/// \file
/// Roles: who may do what in the database. They belong to the cluster, so that several databases of
/// one cluster share them, and none may log in; the login of DATABASE_URL is a member of them and
/// acts as one at a time (SET ROLE).
///
/// | role           | owns | reads and writes                                             |
/// | pulse_migrate  | all  | makes and changes the schema; nothing runs as it day by day   |
/// | pulse_app      | –    | one tenant's rows, by row-level security                      |
/// | pulse_dispatch | –    | every tenant's ledger rows, by column: no payload, no secret  |
/// | pulse_query    | –    | reads one tenant's rows; what `pulse data query` runs as      |
///
/// set_config, the advisory locks and pg_notify are taken from PUBLIC and given to the first three:
/// a SELECT that calls set_config could otherwise choose its tenant, and one that takes a lock
/// could hold up everybody's work.

#include <string>

#include "pulse/base/error.h"
#include "pulse/store/postgres/connection.h"

namespace pulse::store::postgres {

enum class RoleUse : unsigned char {
  kMigrate,  ///< Needs all four.
  kServe,    ///< Need not be a member of pulse_migrate, and in production better is not.
};

/// What an administrator runs once in the database, as a superuser, for `login`: makes the roles,
/// the memberships that `use` needs, and the rights. Running it again changes nothing.
std::string RoleScript(
    std::string_view login, std::string_view database, RoleUse use = RoleUse::kMigrate
);

/// Brings the roles in order where the connection's login may, and checks that they are. Safe while
/// other programs do the same in any database of the cluster. `connection` acts as its login.
/// Errors: kInvalid (rights are missing; the message ends with what an administrator has to run).
Result<> EnsureRoles(Connection& connection);

/// Whether the login, its roles and the rights are as they should be. Errors: kInvalid (not; the
/// message says what is missing and has the fix).
Result<> CheckRoles(Connection& connection, RoleUse use);

/// Whether the services' roles may do with the tables of a migrated database what this program
/// does. Tables that only a later program knows are not looked at. Errors: kInvalid (not; the
/// message has the first right that is missing and the GRANT that gives it).
Result<> CheckRights(Connection& connection);

}  // namespace pulse::store::postgres
