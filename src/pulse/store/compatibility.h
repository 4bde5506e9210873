#pragma once

/// \file
/// Which programs may work on a database: expand, migrate, contract, so that two versions run side
/// by side. A program is known by its newest migration.
///
/// A migration that only adds (a table, a nullable column, an index) leaves earlier programs alone
/// and says nothing: they go on working, and start, on a database that is ahead of them. One that
/// takes away or changes what they use says who is left, in a line of its own before its first
/// statement:
///
///   -- oldest code: 7
///
/// From the moment it begins, programs older than 7 are refused. To drop a column: a release stops
/// using it (its newest migration is 7), and only the release after it drops it (8, oldest code 7).
/// A program never works on a database that is behind it: migrate first, then start it.

#include <string_view>

#include "pulse/base/error.h"
#include "pulse/store/query.h"

namespace pulse::store {

/// What a migration's mark says; 0 without one. A mark that cannot be read or names a later program
/// than the migration's own counts as its own number: that refuses too many rather than too few.
int OldestCode(const Migration& migration);

/// Whether the program whose newest migration is `program` may work on a database of `version` that
/// admits programs from `oldest_code` on. Errors: kInvalid, with what to do.
Result<> CheckMayRun(int program, int version, int oldest_code);

}  // namespace pulse::store
