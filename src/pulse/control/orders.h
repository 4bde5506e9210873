#pragma once

/// \file
/// Orders: turns the messages of other programs into jobs, once each. The contract is
/// docs/reference/messages.md.

#include "pulse/base/recent.h"
#include "pulse/control/order.h"
#include "pulse/pipeline/turns.h"
#include "pulse/queue/queue.h"
#include "pulse/source/source.h"
#include "pulse/store/store.h"
#include "pulse/telemetry/log.h"

namespace pulse::control {

/// Thread-safe; the references outlive it. Goes into pipeline::Environment::accept_order:
///
///   environment.accept_order = [&](const queue::ForeignMessage& m, const auto& begins) {
///     return orders.Accept(m, begins);
///   };
class Orders {
 public:
  Orders(store::Store& store, const source::Connectors& connectors, telemetry::Logger& logger)
      : store_(store), connectors_(connectors), logger_(logger) {}

  /// Done (the message may be acked): a job was submitted or already there, or the tenant was told
  /// why not by a failed row of raw_extraction_data, or the tenant does not exist, which is logged
  /// and goes into the audit trail. The same message_id never makes a second job; a message that is
  /// refused and delivered twice may leave two rows.
  /// Returns the first step of a new job when `begins` names somebody: it is in those hands.
  ///
  /// Errors: kInvalid (no order: to be set aside as unreadable); kUnavailable, kInternal,
  /// kTimeout (the database: leave the message in its queue).
  Result<std::optional<model::Step>> Accept(
      const queue::ForeignMessage& message, const pipeline::Begins& begins
  );

 private:
  /// Nothing when the order can be carried out.
  Result<std::optional<Refusal>> Check(const Order& order);
  Result<std::optional<model::Step>> Submit(
      const Order& order, const queue::ForeignMessage& message, const pipeline::Begins& begins
  );
  Result<> Refuse(const Refusal& refusal, const queue::ForeignMessage& message);

  Result<model::Integration> IntegrationOf(const Order& order);

  store::Store& store_;
  const source::Connectors& connectors_;
  /// Orders come in floods for the same one. Whether it is still there, Submit sees.
  Recent<std::pair<TenantId, IntegrationId>, model::Integration> recent_;
  telemetry::Logger& logger_;
};

}  // namespace pulse::control
