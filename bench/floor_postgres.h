#pragma once

#include <string>

namespace pulse::bench {

struct Loaded {
  long issues = 0;
  long rows = 0;
  long round_trips = 0;
  long commits = 0;
};

/// The floor on PostgreSQL: `database` is a DSN of a superuser, migrated by `pulse db migrate`.
Loaded LoadIntoPostgres(const std::string& site, const std::string& database);

}  // namespace pulse::bench
