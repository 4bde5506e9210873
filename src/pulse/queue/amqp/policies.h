#pragma once

/// \file
/// Policies: what may be tuned without declaring a queue anew. Set through RabbitMQ's management
/// API, which is a plugin and may be missing: nothing depends on them.
///
/// Rings are limited so that a program gone wild fills no disk: its publishes are refused, ours
/// too, and the ledger rings again. There is no TTL and no delivery limit on purpose: a ring has no
/// age, and crashes are counted in the ledger. Dead-letter queues drop their oldest.

#include <stop_token>
#include <string>
#include <vector>

#include "pulse/http/client.h"
#include "pulse/queue/amqp/address.h"
#include "pulse/queue/amqp/options.h"

namespace pulse::queue::amqp {

/// A ring takes about 200 bytes in a quorum queue.
inline constexpr int kMaxRings = 1'000'000;
inline constexpr int kMaxDeadLetters = 100'000;

struct PolicyStatus {
  enum class State : unsigned char { kGood, kMissing, kOtherwise };
  std::string name;     ///< "pulse-rings"; with another prefix than "etl.": "pulse-rings-PREFIX".
  std::string pattern;  ///< Of queue names.
  std::string definition;  ///< JSON object.
  State state = State::kGood;
};

/// http://HOST:15672, or https://HOST:15671 for amqps.
std::string ManagementUrlOf(const BrokerAddress& address);

/// Looks at every policy; `apply` sets those that differ, and tells what they were. `client` may
/// reach private addresses. Errors: kUnavailable (no management API there), kUnauthorized (the user
/// lacks the tag `policymaker`), kInvalid.
enum class ApplyPolicies : unsigned char { kNo, kYes };
Result<std::vector<PolicyStatus>> SyncPolicies(
    const AmqpOptions& options,
    const std::string& management_url,
    http::Client& client,
    ApplyPolicies apply
);

}  // namespace pulse::queue::amqp
