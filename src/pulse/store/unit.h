#pragma once

/// \file
/// Unit: everything one worker commits in one transaction, as a value. The pipeline builds it
/// without touching the database; Ledger::Commit applies it completely or not at all.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pulse/base/ids.h"
#include "pulse/model/job.h"
#include "pulse/model/receipt.h"
#include "pulse/model/row_batch.h"

namespace pulse::store {

/// One fetched page. `body` is what the source sent, uncompressed; the store keeps it as zstd.
struct NewRawPage {
  std::string entity_type;
  std::string
      request;  ///< JSON: method, path, parameters and whatever the transform needs to be pure.
  int http_status = 200;
  std::string body;
  EpochMs fetched_at = 0;
  int record_count = 0;          ///< Primary records the page holds, as far as extract knows.
  int transform_version = 0;     ///< Of the connector that will decode it; set by the pipeline.
  std::string transform_entity;  ///< Entity type of the transform step; empty: none is wanted.
  /// JSON merged into the transform step's params.
  std::string transform_params = "{}";
  /// Set when the page cannot be decoded: it is stored `failed` and gets no transform step.
  std::optional<std::string> error_details;
  /// Stored and transformed even when it equals the newest page of its request: it brings records
  /// that have no living row.
  bool keep_equal = false;
};

/// A record or page that was set aside.
struct NewDeadLetter {
  std::string entity_type = {};
  model::Stage stage = model::Stage::kTransform;
  RawId raw = {};                  ///< 0 when there is no page.
  std::int32_t raw_position = -1;  ///< Index in the page; -1: the whole page or step.
  std::string external_id = {};    ///< Empty when it could not be read.
  /// Same cause, same fingerprint: a constant code plus the place, no data.
  std::string fingerprint;
  std::string message = {};      ///< One line for people.
  std::string sample = {};       ///< At most 2 KiB of the record, valid UTF-8.
  bool counts_as_record = true;  ///< Whether the receipt counts it as a quarantined primary record.
};

/// The fate of a raw page whose rows this unit loads.
struct SettledRaw {
  RawId id;
  int record_count = 0;
  int transform_version = 0;
  /// Set: the page turns `failed`, not `completed`.
  std::optional<std::string> error_details = {};
};

/// Rows on their way to a load step of their own (the unfused way).
struct StagedRows {
  std::string entity_type;
  std::string rows;  ///< RowBatch::Serialize.
  std::int64_t row_count = 0;
  std::vector<SettledRaw> raws;  ///< Settled by the load step, not before.
};

/// A proven stretch of time: everything updated in [from, to) is loaded when the job finishes.
struct Window {
  std::string entity_type;
  std::string scope;  ///< e.g. a repository id; empty: the whole integration.
  EpochMs from = 0;
  EpochMs to = 0;
};

/// Ids the source listed: part of a census of one entity type in the whole integration.
struct CensusIds {
  std::string entity_type;
  std::vector<std::string> external_ids;
};

/// A primary record the source no longer shows, with the reason found by asking for it.
struct Vanished {
  std::string entity_type;
  std::string external_id;
  std::string reason;  ///< deleted | access_lost | archived
};

/// Who goes on with a job at once, and with which stages. Two kinds of steps stay in the hands of
/// the worker whose commit makes them, without a ring, a claim and a second reading of what it has
/// in memory:
///
/// * If `with_pages`, the transform steps of the pages it fetched (those of the first one's entity
///   type).
/// * While a job has one open step it is a sequence, and nobody but the worker that closes a step
///   can know of the next: that one, unless its rows went through staging.
struct GoesOn {
  WorkerId worker;
  std::vector<model::Stage> stages;
  bool with_pages = false;

  bool Runs(model::Stage stage) const { return std::ranges::find(stages, stage) != stages.end(); }
};

struct Unit {
  TenantId tenant;
  IntegrationId integration;
  JobId job;
  std::vector<model::StepRef> done;  ///< All of one job. Each must still have its epoch.
  /// Set: the steps it speaks of begin their lives claimed, as Committed::next.
  std::optional<GoesOn> goes_on;

  std::vector<NewRawPage> raw_pages;
  std::vector<model::NewStep> children;
  std::vector<StagedRows> staged;

  const model::RowBatch* rows = nullptr;  ///< Merged into the domain tables, newest version wins.
  std::vector<SettledRaw> settled;
  std::vector<NewDeadLetter> dead_letters;
  /// Open dead letters of these raw pages are resolved first: the pages were transformed again.
  std::vector<RawId> retried_raws;
  /// Makes vectorize steps of at most this many rows for what `rows` inserted or updated; 0: none.
  int vectorize_batch = 0;

  std::map<std::string, std::int64_t>
      census;  ///< Entity type → source count, added to the receipt.
  std::map<std::string, std::int64_t> vectors;  ///< Entity type → points written, added.
  std::map<std::string, std::int64_t> api_calls;
  std::vector<Window> windows;
  std::vector<model::Gap> gaps;
  std::vector<CensusIds> census_ids;  ///< Kept with the job until it ends.
  /// Marks the rows deleted (deleted_at, deleted_reason), counts them in the receipt and, when
  /// vectorize_batch > 0, makes vectorize steps that erase their points. Rows already marked, and
  /// rows loaded since the job began, are left. A row that a later page brings again is alive
  /// again.
  std::vector<Vanished> vanished;
};

/// What Commit did.
struct Committed {
  std::vector<RawId>
      raw_ids;  ///< For Unit::raw_pages, in order; 0 where the page was unchanged and skipped.
  std::int64_t inserted = 0;  ///< Primary records.
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::map<std::string, std::int64_t> loaded;  ///< The three together, by entity type.
  std::size_t new_steps = 0;
  /// Claimed for Unit::goes_on, ready for nobody else: of one stage and entity type. Those of pages
  /// are in the order of the pages.
  std::vector<model::Step> next;
  std::optional<model::Job> ended;  ///< Set when this commit closed the job's last step.

  std::optional<model::JobStatus> finished() const {
    return ended ? std::optional(ended->status) : std::nullopt;
  }
};

}  // namespace pulse::store
