#include "pulse/store/sqlite/sqlite_migrator.h"

#include "pulse/store/sqlite/migrations.h"

namespace pulse::store::sqlite {
namespace {

class SqliteMigrator final : public Migrator {
 public:
  explicit SqliteMigrator(std::string path) : path_(std::move(path)) {}

  Result<store::SchemaState> Status() override {
    PULSE_TRY(const auto state, SqliteSchemaState(path_));
    store::SchemaState schema;
    schema.version = state.version;
    schema.latest = state.latest;
    schema.oldest_supported = state.latest;
    return schema;
  }
  Result<std::vector<std::string>> Plan() override {
    return Error{ErrorKind::kInternal, "no plan yet"};
  }
  Result<store::SchemaState> Up() override {
    PULSE_CHECK(MigrateSqlite(path_));
    return Status();
  }
  Result<store::SchemaState> Down(int /*version*/) override {
    PULSE_CHECK(RevertSqlite(path_));
    return Status();
  }

 private:
  std::string path_;
};

}  // namespace

std::unique_ptr<Migrator> NewSqliteMigrator(std::string path) {
  return std::make_unique<SqliteMigrator>(std::move(path));
}

}  // namespace pulse::store::sqlite
