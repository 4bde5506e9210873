#include "pulse/vectors/qdrant/testing/qdrant_stub.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace pulse::vectors::qdrant {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t kMostBodyBytes = std::size_t{32} * 1024 * 1024;  // Qdrant's default.

Response Json(int status, const json& body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body.dump()};
}

int StatusOf(ErrorKind kind) {
  if (kind == ErrorKind::kNotFound) return 404;
  return kind == ErrorKind::kConflict ? 409 : 400;
}

Response Refused(int status, std::string_view why) {
  return Json(status, {{"status", {{"error", why}}}, {"time", 0.0001}});
}

/// /collections/{name}{below}
struct Target {
  std::string collection;
  std::string below;
};
std::optional<Target> ParseTarget(std::string_view path) {
  constexpr std::string_view kPrefix = "/collections/";
  if (!path.starts_with(kPrefix)) return std::nullopt;
  path.remove_prefix(kPrefix.size());
  const auto slash = std::min(path.find('/'), path.size());
  return Target{std::string(path.substr(0, slash)), std::string(path.substr(slash))};
}

void Record(const Request& request, const Response& response) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in these tests writes the environment.
  const char* file = std::getenv("QDRANT_STUB_EXCHANGES");
  if (file == nullptr) return;
  std::ofstream(file, std::ios::app) << json{
      {"method", request.method},
      {"path", request.path},
      {"query", request.query},
      {"body", request.body},
      {"status", response.status},
      {"answer", response.body},
  } << '\n';
}

Error NoSuchRequest(const Request& request) {
  return Error{ErrorKind::kInternal, request.method + " " + request.target + " is not one of ours"};
}

}  // namespace

QdrantStub::QdrantStub(std::string api_key) : api_key_(std::move(api_key)) { Listen(); }
QdrantStub::~QdrantStub() = default;

void QdrantStub::Listen() {
  auto server = http::Serve(
      {.port = port_, .max_body_bytes = kMostBodyBytes},
      [this](const Request& request) { return Answer(request); }
  );
  if (!server) throw std::runtime_error("the stub cannot listen: " + server.error().message());
  server_ = std::move(*server);
  port_ = server_->port();
}

std::string QdrantStub::url() const { return "http://127.0.0.1:" + std::to_string(port_); }
void QdrantStub::Stop() { server_.reset(); }
void QdrantStub::StartAgain() { Listen(); }

void QdrantStub::DropCollections() {
  state_.With([](State& state) { state.collections.clear(); });
}

void QdrantStub::AnswerNext(const Response& response, int times) {
  state_.With([&](State& state) {
    for (int i = 0; i < times; ++i) state.planned.push_back(response);
  });
}

void QdrantStub::CutNextAnswer() {
  state_.With([](State& state) { state.cut_next = true; });
}

std::size_t QdrantStub::points() const {
  return state_.With([](const State& state) {
    std::size_t points = 0;
    for (const auto& [name, collection] : state.collections) points += collection.size();
    return points;
  });
}

std::size_t QdrantStub::requests() const {
  return state_.With([](const State& state) { return state.requests; });
}

std::vector<std::string> QdrantStub::collections() const {
  return state_.With([](const State& state) {
    std::vector<std::string> names;
    names.reserve(state.collections.size());
    for (const auto& [name, collection] : state.collections) names.push_back(name);
    return names;
  });
}

std::vector<std::string> QdrantStub::violations() const {
  return state_.With([](const State& state) { return state.violations; });
}

Response QdrantStub::Answer(const Request& request) {
  auto planned = state_.With([](State& state) -> std::optional<Response> {
    ++state.requests;
    if (state.planned.empty()) return std::nullopt;
    Response next = state.planned.front();
    state.planned.pop_front();
    return next;
  });
  if (planned) return *std::move(planned);
  Response response = state_.With([&](State& state) { return AnswerLocked(state, request); });
  Record(request, response);
  return response;
}

Response QdrantStub::AnswerLocked(State& state, const Request& request) const {
  if (!api_key_.empty() && http::HeaderValue(request.headers, "api-key") != api_key_) {
    // Qdrant says this in plain text.
    return {
        .status = 401,
        .headers = {},
        .body = "Must provide an API key or an Authorization bearer token"
    };
  }
  if (request.method == "GET" && request.target == "/") {
    return Json(
        200,
        {{"title", "qdrant - vector search engine"},
         {"version", "1.19.0"},
         {"commit", "0000000000000000000000000000000000000000"}}
    );
  }
  auto result = Carry(state, request);
  const bool cut = std::exchange(state.cut_next, false);
  if (!result) {
    if (result.error().kind() == ErrorKind::kInvalid ||
        result.error().kind() == ErrorKind::kInternal) {
      state.violations.push_back(result.error().message());
    }
    return Refused(StatusOf(result.error().kind()), result.error().message());
  }
  Response response =
      Json(200, {{"result", *std::move(result)}, {"status", "ok"}, {"time", 0.0003}});
  if (cut) response.cut_after = 10;
  return response;
}

Result<json> QdrantStub::Carry(State& state, const Request& request) {
  const auto target = ParseTarget(request.path);
  if (!target) return NoSuchRequest(request);
  const json body = request.body.empty()
                        ? json()
                        : json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (body.is_discarded()) return Error{ErrorKind::kInvalid, "Format error in JSON body"};
  const std::string call = request.method + " " + target->below;
  if (!request.query.empty() && request.query != "wait=true") return NoSuchRequest(request);
  const bool wait = !request.query.empty();

  const auto found = state.collections.find(target->collection);
  if (call == "PUT ") {
    if (found != state.collections.end()) {
      return Error{
          ErrorKind::kConflict,
          "Wrong input: Collection `" + target->collection + "` already exists!"
      };
    }
    PULSE_TRY(StubCollection made, StubCollection::Make(body));
    state.collections.emplace(target->collection, std::move(made));
    return json(true);
  }
  if (found == state.collections.end()) {
    return Error{
        ErrorKind::kNotFound, "Not found: Collection `" + target->collection + "` doesn't exist!"
    };
  }
  StubCollection& collection = found->second;
  if (call == "GET ") return collection.Info();
  if (call == "PUT /index") return collection.Index(body);
  if (call == "PUT /points") return collection.Upsert(body, wait);
  if (call == "POST /points/delete") return collection.Delete(body, wait);
  if (call == "POST /points/query") return collection.Query(body);
  if (call == "POST /points/scroll") return collection.Scroll(body);
  if (call == "POST /points/count") return collection.CountPoints(body);
  return NoSuchRequest(request);
}

}  // namespace pulse::vectors::qdrant
