#pragma once

/// \file
/// SyncContext: what a job's root step finds out once and every later step needs. It travels in
/// step params, because a connector keeps no state.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/source/jira/field_mapping.h"
#include "pulse/source/source.h"

namespace pulse::source::jira {

enum class Deployment : unsigned char { kCloud, kServer };

struct SyncContext {
  Deployment deployment = Deployment::kCloud;
  FieldMapping mapping;
  std::string site;              ///< serverInfo.baseUrl: base of links for people.
  std::optional<EpochMs> since;  ///< Issues updated at or after; nothing: all of them.

  /// "/rest/api/3" or "/rest/api/2".
  std::string_view api() const {
    return deployment == Deployment::kCloud ? "/rest/api/3" : "/rest/api/2";
  }
  std::string ToJson() const;
  static SyncContext FromJson(Value json);
};

/// One extract step at work.
struct StepAtWork {
  const FetchRequest& request;
  Transport& transport;
  SyncContext context;
  Value params;

  bool last_attempt() const { return request.attempt >= 2; }
};

/// Project keys of the integration's scope, sorted, upper case; empty: every project in reach.
std::vector<std::string> ProjectsInScope(const model::Integration& integration);

/// Names the scope a watermark is valid for: "" for everything, else "project=OPS,PAY". Widening an
/// integration's projects thus starts a watermark of its own, and nothing old is missed.
std::string WatermarkScope(const model::Integration& integration);

/// A JSON object for the params of a step: `context` and the further members, given as JSON text
/// without braces, e.g. `"board":"7"`.
std::string StepParams(const SyncContext& context, std::string_view members);

/// A call under `api()`. `endpoint` is the path with its ids left out, e.g. "/issue/{id}/comment".
Call GetCall(const SyncContext& context, std::string_view endpoint, std::string_view path);
Call PostCall(const SyncContext& context, std::string_view path, std::string body);

/// Sends and parses. Errors: the transport's, and kInvalid when the answer is no JSON; then
/// `undecodable`, if given, holds the answer.
struct Reply {
  Answer answer;
  std::unique_ptr<JsonPage> page;
  Value root() const { return page->root(); }
};
Result<Reply> Ask(
    Transport& transport, const Call& call, std::optional<Answer>* undecodable = nullptr
);

/// The error for an answer that cannot be decoded, with a hint when it is a web page. A single
/// login page is no refusal of our credentials: a proxy between us and the source hands one out now
/// and then, so it is treated like any other damage and fetched again.
Error Undecodable(const Call& call, const Answer& answer, const Error& reason);

/// A raw page for `answer`. `identity` is JSON members without braces that, together with method
/// and path, say which page this is; nothing in it may change between two fetches of the same page.
store::NewRawPage NewPage(
    const StepAtWork& step,
    const Call& call,
    std::string_view entity_type,
    std::string_view identity,
    Answer answer,
    int record_count
);

}  // namespace pulse::source::jira
