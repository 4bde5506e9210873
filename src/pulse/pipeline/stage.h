#pragma once

/// \file
/// Stage: what a worker does with the steps it claimed. A stage reads what it needs, talks to the
/// outside with no transaction open, and returns a Unit; the worker commits it. A stage holds no
/// state between calls and is used by several workers at once.

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <vector>

#include "pulse/base/clock.h"
#include "pulse/base/recent.h"
#include "pulse/embed/embedder.h"
#include "pulse/pipeline/hands.h"
#include "pulse/pipeline/turns.h"
#include "pulse/queue/queue.h"
#include "pulse/source/source.h"
#include "pulse/store/store.h"
#include "pulse/vectors/vectors.h"

namespace pulse::pipeline {

/// A unit with what it points at.
struct Work {
  store::Unit unit;
  model::RowBatch rows;  ///< unit.rows points here when the unit merges rows.
};

/// Steps in a worker's hands, and what it still has in memory of the step before them.
struct Claimed {
  std::vector<model::Step> steps;  ///< Not empty, all of one (tenant, job, stage, entity type).
  std::vector<store::RawPage> pages = {};  ///< Some of those the steps name, or none.
};

class Stage {
 public:
  virtual ~Stage() = default;
  /// How many steps of one (tenant, job, entity type) may share a transaction.
  virtual int max_batch() const = 0;
  virtual Result<std::unique_ptr<Work>> Run(
      const Claimed& claimed, const std::stop_token& stop
  ) = 0;
};
/// Those a process runs.
using Stages = std::map<model::Stage, std::unique_ptr<Stage>>;

/// Integrations read a moment ago, kept for a second by all workers of a process. An edited one
/// takes effect that much later; one that needs attention is always read anew.
using RecentIntegrations = Recent<std::pair<TenantId, IntegrationId>, model::Integration>;

/// Everything the stages may use. References outlive the pipeline.
struct Environment {
  store::Store& store;
  const source::Connectors& connectors;
  /// A transport for one step; knows the integration's credential and shares its limits.
  struct Wire {
    std::unique_ptr<source::Transport> transport;
    std::function<std::map<std::string, std::int64_t>()> api_calls;  ///< By endpoint, so far.
  };
  std::function<Result<Wire>(const model::Integration&, std::stop_token)> connect;
  vectors::Vectors* vectors = nullptr;  ///< Null: vectors are off.
  embed::Embedder& embedder;
  const Clock& clock;
  /// What becomes of another program's message (control/orders.h); the step of it that somebody
  /// begins at once. kInvalid: it is set aside as unreadable, as all are while this is empty; any
  /// other error leaves it in its queue.
  std::function<Result<std::optional<model::Step>>(const queue::ForeignMessage&, const Begins&)>
      accept_order = {};
  /// Transform and load in one transaction; off: through the staging table.
  bool fused = true;
  int vectorize_batch = 128;  ///< Rows per call of the embedder and of the index.
  /// Pages per transform transaction: four pages of 2 MB keep a worker under 20 MB.
  int transform_batch = 4;
  /// Rows of one vectorize step; 0: there are no such steps. Several batches share its commit; one
  /// that is repeated finds what is in the index already.
  int rows_per_vectorize_step() const { return vectors != nullptr ? 4 * vectorize_batch : 0; }
  std::shared_ptr<Hands> hands = std::make_shared<Hands>();
  std::shared_ptr<Turns> turns = std::make_shared<Turns>();
  std::shared_ptr<RecentIntegrations> recent = std::make_shared<RecentIntegrations>();
};

std::unique_ptr<Stage> NewExtractStage(Environment& environment);
std::unique_ptr<Stage> NewTransformStage(Environment& environment);
std::unique_ptr<Stage> NewLoadStage(Environment& environment);
std::unique_ptr<Stage> NewVectorizeStage(Environment& environment);

/// An empty unit that closes `steps`.
store::Unit UnitFor(const std::vector<model::Step>& steps);

}  // namespace pulse::pipeline
