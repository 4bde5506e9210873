#include "pulse/store/sqlite/database.h"

namespace pulse::store::sqlite {

Result<std::unique_ptr<Database>> Database::Open(
    const ConnectionOptions& options, int readers, const Clock& clock
) {
  std::unique_ptr<Database> database(new Database(options, clock));
  PULSE_TRY(database->writer_, Connection::Open(options));
  ConnectionOptions reading = options;
  reading.access = Access::kRead;
  reading.before_statement = nullptr;
  for (int i = 0; i < readers; ++i) {
    PULSE_TRY(auto reader, Connection::Open(reading));
    database->readers_.push_back(std::move(reader));
  }
  return database;
}

Result<> Database::Use(Durability durability) {
  if (durability == durability_) return {};
  const bool waits = durability == Durability::kDurable;
  PULSE_CHECK(writer_->Execute(
      waits ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", "synchronous"
  ));
  durability_ = durability;
  return {};
}

Database::Reader::Reader(Database& database) : database_(database) {
  std::unique_lock lock(database_.read_mutex_);
  database_.read_free_.wait(lock, [this] { return !database_.readers_.empty(); });
  connection_ = std::move(database_.readers_.back());
  database_.readers_.pop_back();
}

Database::Reader::~Reader() {
  {
    const std::lock_guard lock(database_.read_mutex_);
    database_.readers_.push_back(std::move(connection_));
  }
  database_.read_free_.notify_one();
}

}  // namespace pulse::store::sqlite
