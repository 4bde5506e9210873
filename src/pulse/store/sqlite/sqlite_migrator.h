#pragma once

/// \file
/// SqliteMigrator over migrations.h. See store/migrator.h.

#include <memory>
#include <string>

#include "pulse/store/migrator.h"

namespace pulse::store::sqlite {

std::unique_ptr<Migrator> NewSqliteMigrator(std::string path);

}  // namespace pulse::store::sqlite
