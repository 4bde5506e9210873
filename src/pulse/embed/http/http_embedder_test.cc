#include "pulse/embed/http/http_embedder.h"

#include <deque>
#include <map>

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>

#include "pulse/base/sync.h"
#include "pulse/embed/hashed/hashed_embedder.h"
#include "pulse/embed/http/wire.h"
#include "pulse/embed/testing/embedder_conformance.h"
#include "pulse/http/server.h"

namespace pulse::embed::http {
namespace {

using nlohmann::json;
using pulse::http::HeaderValue;
using pulse::http::Request;
using pulse::http::Response;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// A server that embeds by hashing, answers in reverse order and in no unit length, and can be told
/// what to answer first instead.
class EmbeddingServer {
 public:
  EmbeddingServer()
      : server_(std::move(*pulse::http::Serve({}, [this](const Request& request) {
          return Answer(request);
        }))) {}

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  void AnswerNext(Response response, int times = 1) {
    state_.With([&](State& state) {
      for (int i = 0; i < times; ++i) state.planned.push_back(response);
    });
  }
  std::vector<std::size_t> batches() const {
    return state_.With([](const State& state) { return state.batches; });
  }
  Request last() const {
    return state_.With([](const State& state) { return state.last; });
  }

  /// The whole answer to `texts`.
  static json Embeddings(const std::vector<std::string>& texts) {
    json data = json::array();
    for (std::size_t i = texts.size(); i-- > 0;) {
      const std::string_view one[] = {texts[i]};
      auto vector = hashed::NewHashedEmbedder()->Embed(one, {})->front();
      for (float& value : vector) value *= 7;
      data.push_back({{"index", i}, {"embedding", vector}});
    }
    return {{"object", "list"}, {"model", "test-model"}, {"data", data}};
  }

 private:
  struct State {
    std::deque<Response> planned{};
    std::vector<std::size_t> batches{};
    Request last{};
  };

  Response Answer(const Request& request) {
    const json body = json::parse(request.body);
    const auto planned = state_.With([&](State& state) -> std::optional<Response> {
      state.batches.push_back(body["input"].size());
      state.last = request;
      if (state.planned.empty()) return std::nullopt;
      Response next = state.planned.front();
      state.planned.pop_front();
      return next;
    });
    if (planned) return *planned;
    if (request.path != "/v1/embeddings") return {.status = 404, .headers = {}, .body = {}};
    return Json(Embeddings(body["input"].get<std::vector<std::string>>()));
  }

 public:
  static Response Json(const json& body, int status = 200) {
    return {
        .status = status, .headers = {{"Content-Type", "application/json"}}, .body = body.dump()
    };
  }

 private:
  Guarded<State> state_;
  std::unique_ptr<pulse::http::Server> server_;  // Last: it must stop before the state goes.
};

HttpEmbedderOptions Options(const EmbeddingServer& server) {
  return {
      .base_url = server.url(),
      .model = "m",
      .api_key = "s3cr3t",
      .dimensions = 256,
      .backoff = {.base = milliseconds(2), .cap = milliseconds(5)},
  };
}

std::unique_ptr<pulse::http::Client> LocalClient() {
  return pulse::http::NewClient({.allow_private_addresses = true, .ca_file = {}});
}

/// An embedder with the server and the client it needs.
class SelfContained final : public Embedder {
 public:
  SelfContained() : inner_(std::move(*NewHttpEmbedder(Options(server_), *client_))) {}
  std::string_view model() const override { return inner_->model(); }
  int dimensions() const override { return inner_->dimensions(); }
  Result<std::vector<std::vector<float>>> Embed(
      std::span<const std::string_view> texts, std::stop_token stop
  ) override {
    return inner_->Embed(texts, std::move(stop));
  }

 private:
  EmbeddingServer server_;
  std::unique_ptr<pulse::http::Client> client_ = LocalClient();
  std::unique_ptr<Embedder> inner_;
};

INSTANTIATE_TEST_SUITE_P(
    Http,
    EmbedderConformance,
    testing::Values(EmbedderBackend{
        .name = "http",
        .make = [] { return std::unique_ptr<Embedder>(std::make_unique<SelfContained>()); },
    })
);

class HttpEmbedderTest : public testing::Test {
 protected:
  std::unique_ptr<Embedder> Make(HttpEmbedderOptions options) {
    auto made = NewHttpEmbedder(std::move(options), *client_);
    EXPECT_TRUE(made) << made.error().message();
    return std::move(*made);
  }
  Result<std::vector<std::vector<float>>> EmbedOne(std::string_view text = "text") {
    const std::string_view texts[] = {text};
    return Make(Options(server_))->Embed(texts, {});
  }

  EmbeddingServer server_;
  std::unique_ptr<pulse::http::Client> client_ = LocalClient();
};

TEST_F(HttpEmbedderTest, SendsBatchesOfAtMostSixtyFourWithModelAndKey) {
  const std::vector<std::string_view> texts(150, "some text");

  ASSERT_TRUE(Make(Options(server_))->Embed(texts, {}));

  EXPECT_THAT(server_.batches(), ElementsAre(64, 64, 22));
  EXPECT_EQ(HeaderValue(server_.last().headers, "Authorization"), "Bearer s3cr3t");
  EXPECT_EQ(HeaderValue(server_.last().headers, "Content-Type"), "application/json");
  EXPECT_EQ(json::parse(server_.last().body)["model"], "m");
}

TEST_F(HttpEmbedderTest, SendsNoKeyWhenThereIsNone) {
  HttpEmbedderOptions options = Options(server_);
  options.api_key.clear();
  const std::string_view texts[] = {"text"};

  ASSERT_TRUE(Make(options)->Embed(texts, {}));

  EXPECT_EQ(HeaderValue(server_.last().headers, "Authorization"), "");
}

TEST_F(HttpEmbedderTest, AsksTheServerForWhatItWasNotTold) {
  HttpEmbedderOptions options = Options(server_);
  options.dimensions = 0;
  options.model.clear();
  options.base_url += "/v1/";

  const auto embedder = Make(options);

  EXPECT_EQ(embedder->dimensions(), 256);
  EXPECT_EQ(embedder->model(), "test-model");
  EXPECT_FALSE(json::parse(server_.last().body).contains("model"));
}

TEST_F(HttpEmbedderTest, DoesNotBotherTheServerWithBlankTexts) {
  const auto vectors = EmbedOne(" \n\t");
  ASSERT_TRUE(vectors);
  EXPECT_FLOAT_EQ(vectors->front()[0], 1);
  EXPECT_TRUE(server_.batches().empty());
}

TEST_F(HttpEmbedderTest, CutsALongTextBetweenTwoCharacters) {
  HttpEmbedderOptions options = Options(server_);
  options.max_text_bytes = 4;
  const std::string_view texts[] = {"abc\xc3\xa4"};

  ASSERT_TRUE(Make(options)->Embed(texts, {}));

  EXPECT_EQ(json::parse(server_.last().body)["input"][0], "abc");
}

TEST_F(HttpEmbedderTest, TriesAgainAfterFailuresThatPass) {
  server_.AnswerNext({.status = 503, .headers = {}, .body = {}});
  server_.AnswerNext({.status = 200, .headers = {}, .body = "<html>starting</html>"});
  server_.AnswerNext({.status = 200, .headers = {}, .body = "{\"data\": [", .cut_after = 3});

  const auto vectors = EmbedOne();

  ASSERT_TRUE(vectors) << vectors.error().message();
  EXPECT_EQ(server_.batches().size(), 4U);
}

TEST_F(HttpEmbedderTest, GivesUpAfterFourTries) {
  server_.AnswerNext(
      EmbeddingServer::Json({{"error", {{"message", "model is\nloading"}}}}, 503), 9
  );

  const auto failed = EmbedOne();

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(failed.error().message(), "embeddings server answered 503: model is loading");
  EXPECT_EQ(server_.batches().size(), 4U);
}

TEST_F(HttpEmbedderTest, WaitsOutAShortRateLimitAndHandsALongOneBack) {
  server_.AnswerNext({.status = 429, .headers = {{"Retry-After", "0"}}, .body = {}});
  ASSERT_TRUE(EmbedOne());
  ASSERT_EQ(server_.batches().size(), 2U);

  server_.AnswerNext({.status = 429, .headers = {{"Retry-After", "60"}}, .body = {}});
  const auto limited = EmbedOne();

  ASSERT_FALSE(limited);
  EXPECT_EQ(limited.error().kind(), ErrorKind::kRateLimited);
  EXPECT_EQ(limited.error().retry_after(), seconds(60));
  EXPECT_EQ(server_.batches().size(), 3U);
}

TEST_F(HttpEmbedderTest, DoesNotRepeatWhatTheServerRefuses) {
  const std::map<int, ErrorKind> refusals = {
      {400, ErrorKind::kInvalid},
      {401, ErrorKind::kUnauthorized},
      {403, ErrorKind::kUnauthorized},
      {404, ErrorKind::kInvalid},
  };
  std::size_t calls = 0;
  for (const auto& [status, kind] : refusals) {
    server_.AnswerNext(EmbeddingServer::Json({{"error", "no"}}, status));
    const auto refused = EmbedOne();
    ASSERT_FALSE(refused) << status;
    EXPECT_EQ(refused.error().kind(), kind) << status;
    EXPECT_THAT(refused.error().message(), Not(HasSubstr("s3cr3t")));
    EXPECT_EQ(server_.batches().size(), ++calls);
  }
}

TEST_F(HttpEmbedderTest, RefusesVectorsOfOtherDimensions) {
  server_.AnswerNext(EmbeddingServer::Json({{"data", {{{"index", 0}, {"embedding", {0.6, 0.8}}}}}})
  );

  const auto refused = EmbedOne();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(refused.error().message(), "embeddings of m have 2 dimensions, not 256");
}

TEST_F(HttpEmbedderTest, LeavesABrokenServerAlone) {
  HttpEmbedderOptions options = Options(server_);
  options.tries = 1;
  const auto embedder = Make(options);
  server_.AnswerNext({.status = 500, .headers = {}, .body = {}}, 100);
  const std::string_view texts[] = {"text"};

  for (int i = 0; i < 30; ++i) ASSERT_FALSE(embedder->Embed(texts, {}));

  EXPECT_EQ(server_.batches().size(), 10U);
  EXPECT_GT(embedder->Embed(texts, {}).error().retry_after(), seconds(50));
}

TEST_F(HttpEmbedderTest, StopEndsTheWaitBetweenTwoTries) {
  HttpEmbedderOptions options = Options(server_);
  options.patience = std::chrono::hours(1);
  const auto embedder = Make(options);
  server_.AnswerNext({.status = 503, .headers = {{"Retry-After", "600"}}, .body = {}});
  std::stop_source stop;

  std::optional<ErrorKind> ended;
  std::jthread caller([&] {
    const std::string_view texts[] = {"text"};
    const auto refused = embedder->Embed(texts, stop.get_token());
    if (!refused) ended = refused.error().kind();
  });
  stop.request_stop();
  caller.join();

  EXPECT_EQ(ended, ErrorKind::kCancelled);
}

TEST(DecodeAnswer, RefusesWhatIsNotOneVectorForEachText) {
  const std::pair<const char*, ErrorKind> bodies[] = {
      {"", ErrorKind::kUnavailable},
      {"[]", ErrorKind::kUnavailable},
      {R"({"data": 3})", ErrorKind::kUnavailable},
      {R"({"data": [{"index": 0, "embedding": [1]}]})", ErrorKind::kUnavailable},
      {R"({"data": [1, 2]})", ErrorKind::kUnavailable},
      {R"({"data": [{"index": 0, "embedding": [1]}, {"index": 2, "embedding": [1]}]})",
       ErrorKind::kUnavailable},
      {R"({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]})",
       ErrorKind::kUnavailable},
      {R"({"data": [{"index": 0, "embedding": [1]}, {"index": -1, "embedding": [1]}]})",
       ErrorKind::kUnavailable},
      {R"({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [0, 0]}]})",
       ErrorKind::kInvalid},
      {R"({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": ["x"]}]})",
       ErrorKind::kInvalid},
      {R"({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [0.6, 0.8]}]})",
       ErrorKind::kInvalid},
      {R"({"data": [{"index": 0, "embedding": [1]}, {"index": 1}]})", ErrorKind::kInvalid},
  };
  for (const auto& [body, kind] : bodies) {
    const auto refused = DecodeAnswer(body, 2);
    ASSERT_FALSE(refused) << body;
    EXPECT_EQ(refused.error().kind(), kind) << body;
  }
}

TEST(DecodeAnswer, OrdersByIndexAndBringsToUnitLength) {
  const auto decoded = DecodeAnswer(
      R"({"data": [{"index": 1, "embedding": [0, 5]}, {"index": 0, "embedding": [3, 4]}]})", 2
  );

  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_THAT(decoded->vectors[0], ElementsAre(0.6F, 0.8F));
  EXPECT_THAT(decoded->vectors[1], ElementsAre(0.0F, 1.0F));
}

}  // namespace
}  // namespace pulse::embed::http
