#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/base/sync.h"
#include "pulse/cache/memory/memory_cache.h"
#include "pulse/http/server.h"
#include "pulse/source/transport/http_transport.h"
#include "pulse/source/transport/testing/fake_connector.h"

namespace pulse::source {
namespace {

using std::chrono::seconds;

/// A source on the loopback that remembers what it was asked.
class Source {
 public:
  explicit Source(http::Handler handler)
      : server_(std::move(*http::Serve({}, [this, handler](const http::Request& request) {
          // The views point into a request that ends with this call.
          asked_.With([&](auto& asked) {
            asked.push_back(
                request.method + " " + request.target + " " +
                std::string(http::HeaderValue(request.headers, "Authorization"))
            );
          });
          return handler(request);
        }))) {}

  std::string url(std::string_view path = "") const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + std::string(path);
  }
  std::vector<std::string> asked() const {
    return asked_.With([](const auto& asked) { return asked; });
  }

 private:
  Guarded<std::vector<std::string>> asked_;
  std::unique_ptr<http::Server> server_;  // Last: it must stop before what its handler uses.
};

http::Response Ok() { return {.status = 200, .headers = {}, .body = "{}"}; }
http::Response To(std::string location) {
  return {.status = 302, .headers = {{"Location", std::move(location)}}, .body = {}};
}

class HttpTransportOnTheWire : public testing::Test {
 protected:
  HttpTransport Make(std::string base_url, http::Client& client) {
    return HttpTransport(
        {.integration =
             {.id = IntegrationId(1),
              .tenant = TenantId(1),
              .name = "github",
              .provider = "github",
              .base_url = std::move(base_url),
              .account = {},
              .scope = {},
              .state_reason = {}},
         .credential = [] { return Result<std::string>("t0ken"); },
         .stop = {}},
        connector_,
        client,
        limits_,
        clock_
    );
  }
  HttpTransport Make(std::string base_url) { return Make(std::move(base_url), *client_); }
  static Call Get(std::string path) {
    return {.endpoint = "GET /items", .path = std::move(path), .body = {}};
  }

  SystemClock clock_;
  std::unique_ptr<cache::Cache> cache_ = cache::memory::NewMemoryCache();
  LimitsRegistry limits_{*cache_, clock_, {.calls_per_second = 1e6, .burst = 1e6}};
  std::unique_ptr<http::Client> client_ =
      http::NewClient({.allow_private_addresses = true, .ca_file = {}});
  FakeConnector connector_;
};

TEST_F(HttpTransportOnTheWire, AsksAndReturnsTheAnswer) {
  const Source source([](const http::Request& request) {
    return http::Response{.status = 200, .headers = {{"X-Page", "2"}}, .body = request.body};
  });
  auto transport = Make(source.url("/api/v3"));

  const auto answer = transport.Send(
      {.method = "POST", .endpoint = "POST /graphql", .path = "origin:/api/graphql", .body = "{1}"}
  );

  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->body, "{1}");
  EXPECT_EQ(http::HeaderValue(answer->headers, "x-page"), "2");
  ASSERT_TRUE(transport.Send(Get("/items?page=2&q=a%20b")));
  EXPECT_THAT(
      source.asked(),
      testing::ElementsAre(
          "POST /api/graphql Bearer t0ken", "GET /api/v3/items?page=2&q=a%20b Bearer t0ken"
      )
  );
}

TEST_F(HttpTransportOnTheWire, GivesAnotherPortNoCredential) {
  const Source other([](const http::Request&) { return Ok(); });
  const Source source([&](const http::Request& request) {
    if (request.path == "/items") return To("/moved");
    return To(other.url("/elsewhere"));
  });

  ASSERT_TRUE(Make(source.url()).Send(Get("/items")));

  EXPECT_THAT(
      source.asked(), testing::ElementsAre("GET /items Bearer t0ken", "GET /moved Bearer t0ken")
  );
  EXPECT_THAT(other.asked(), testing::ElementsAre("GET /elsewhere "));
}

TEST_F(HttpTransportOnTheWire, AsksNoPrivateAddressUnlessAllowed) {
  const Source source([](const http::Request&) { return Ok(); });
  ASSERT_TRUE(Make(source.url()).Send(Get("/items"))) << "allowed";
  const auto strict = http::NewClient({.ca_file = {}});

  const auto refused = Make(source.url(), *strict).Send(Get("/items"));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(source.asked().size(), 1U);
}

TEST_F(HttpTransportOnTheWire, NeverHandsOverHalfAPage) {
  const Source source([](const http::Request&) {
    return http::Response{
        .status = 200, .headers = {}, .body = std::string(10'000, 'x'), .cut_after = 5'000
    };
  });

  const auto failed = Make(source.url()).Send(Get("/items?token=abc"));

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(failed.error().message().find("abc"), std::string::npos) << failed.error().message();
  EXPECT_TRUE(failed.error().message().starts_with("GET /items: ")) << failed.error().message();
}

TEST_F(HttpTransportOnTheWire, OnceAWindowIsKnownOnlyCallsInFlightStillArrive) {
  constexpr int kThreads = 8;
  std::atomic<int> arrived = 0;
  std::atomic<bool> known = false;
  std::atomic<int> late = 0;
  const Source source([&](const http::Request&) -> http::Response {
    if (known) ++late;
    if (++arrived != 40) return Ok();
    return {.status = 429, .headers = {{"Retry-After", "60"}}, .body = {}};
  });

  // Each step goes on until it has been refused fifty times.
  {
    std::vector<std::jthread> steps;
    for (int i = 0; i < kThreads; ++i) {
      steps.emplace_back([&] {
        auto transport = Make(source.url());
        for (int refused = 0; refused < 50;) {
          const auto answer = transport.Send(Get("/items"));
          if (answer) continue;
          ASSERT_EQ(answer.error().kind(), ErrorKind::kRateLimited) << answer.error().message();
          ++refused;
          known = known || *answer.error().retry_after() > seconds(30);
        }
      });
    }
  }

  EXPECT_GE(arrived, 40);
  EXPECT_TRUE(known);
  EXPECT_LT(late, kThreads) << "of each other step at most the call that was under way";
}

}  // namespace
}  // namespace pulse::source
