#pragma once

/// \file
/// Graphql: the POST /graphql endpoint. The subset it answers: docs/reference/simulator-github.md.

#include <atomic>
#include <cstdint>
#include <string_view>

#include "pulse/http/server.h"
#include "pulse/simulate/faults.h"
#include "pulse/simulate/github_budget.h"
#include "pulse/simulate/github_data.h"
#include "pulse/simulate/github_schema.h"

namespace pulse::simulate::github {

/// Thread-safe.
class Graphql {
 public:
  /// All outlive this.
  Graphql(const Data& data, const FaultPlan& faults, Budget& budget)
      : data_(data), faults_(faults), budget_(budget) {}

  /// Answers the body `{"query": …, "variables": …, "operationName": …}`.
  http::Response Handle(std::string_view body, std::string_view credential, EpochMs now);

  /// What the queries so far would have cost.
  std::int64_t points() const noexcept { return points_.load(std::memory_order_relaxed); }
  const Schema& schema() const noexcept { return schema_; }

 private:
  const Data& data_;
  const FaultPlan& faults_;
  Budget& budget_;
  Schema schema_;
  std::atomic<std::int64_t> points_{0};
};

}  // namespace pulse::simulate::github
