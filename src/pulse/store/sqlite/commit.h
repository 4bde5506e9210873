#pragma once

/// \file
/// UnitCommit: applies one store::Unit inside the caller's transaction. The order of its parts is
/// the order of Apply(); all of them happen or none does.

#include <map>
#include <string>
#include <vector>

#include "pulse/model/receipt.h"
#include "pulse/store/prepared_page.h"
#include "pulse/store/sqlite/connection.h"
#include "pulse/store/sqlite/domain_sql.h"
#include "pulse/store/unit.h"

namespace pulse::store::sqlite {

/// Used once.
class UnitCommit {
 public:
  UnitCommit(Connection& db, const DomainSql& sql, const Unit& unit, EpochMs now)
      : db_(db), sql_(sql), unit_(unit), now_(now) {}

  /// Errors: kConflict (a step moved on), kNotFound (the unit's ids do not belong together),
  /// kInvalid (a unit without steps), as the connection; never kConflict for another reason.
  Result<Committed> Apply(const std::vector<PreparedPage>& pages);

 private:
  Result<> CloseSteps();
  Result<> ApplyFenced(const std::vector<PreparedPage>& pages);
  Result<> StorePages(const std::vector<PreparedPage>& pages);
  Result<bool> SkipUnchanged(const NewRawPage& page, const PreparedPage& prepared);
  Result<> StorePage(const NewRawPage& page, const PreparedPage& prepared);
  Result<> AddChildren();
  Result<> AddStaged();
  Result<> MergeRows();
  Result<> TakeCensus();
  Result<> AddVectorizeSteps(const model::Table& table, std::vector<std::int64_t> rows);
  Result<> SettlePages();
  Result<> ResolveRetried();
  Result<> AddDeadLetters();
  Result<> AddReceipt();
  /// Inserts a step of this job and counts it. Not called for a cancelled job.
  Result<StepId> AddStep(model::Stage stage, std::string_view entity_type, std::string_view params);
  /// Claims what stays in the same hands (store::GoesOn).
  Result<> GoOn();
  bool IsSequence() const;

  Connection& db_;
  const DomainSql& sql_;
  const Unit& unit_;
  EpochMs now_;
  model::Job job_;
  Committed out_;
  model::Step last_step_;
  std::vector<model::Step> of_pages_;                  ///< The transform steps that were made.
  std::map<std::string, model::EntityCounts> counts_;  ///< Added to the receipt at the end.
};

}  // namespace pulse::store::sqlite
