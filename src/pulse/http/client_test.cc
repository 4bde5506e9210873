#include "pulse/http/client.h"

#include <atomic>
#include <barrier>
#include <fstream>
#include <functional>
#include <future>
#include <latch>
#include <thread>

#include <zlib.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/http/certificate.h"
#include "pulse/http/server.h"

namespace pulse::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;

std::unique_ptr<Server> ServeOrDie(Handler handler, ServerOptions options = {}) {
  auto server = Serve(std::move(options), std::move(handler));
  if (!server) throw std::runtime_error(server.error().message());
  return *std::move(server);
}

std::string UrlOf(const Server& server, std::string_view path, std::string_view scheme = "http") {
  return std::string{scheme} + "://127.0.0.1:" + std::to_string(server.port()) + std::string{path};
}

std::unique_ptr<Client> LocalClient() { return NewClient({.allow_private_addresses = true}); }

std::string Gzip(std::string_view text) {
  z_stream stream{};
  constexpr int kGzipFormat = 15 + 16;
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipFormat, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Client, ReturnsStatusHeadersAndBodyOfAnyCompleteResponse) {
  const auto server = ServeOrDie([](const Request& request) {
    return Response{
        .status = 503,
        .headers = {{"X-Seen", request.method + " " + request.target}},
        .body = "later"
    };
  });

  const auto response = LocalClient()->Send({.url = UrlOf(*server, "/a/b?c=d%20e")}, {});

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(HeaderValue(response->headers, "x-seen"), "GET /a/b?c=d%20e");
  EXPECT_EQ(response->body, "later");
}

TEST(Client, SendsMethodHeadersAndBodyAsGiven) {
  Request seen;
  const auto server = ServeOrDie([&seen](const Request& request) {
    seen = request;
    return Response{};
  });

  const auto response = LocalClient()->Send(
      {.method = "POST",
       .url = UrlOf(*server, "/graphql"),
       .headers = {{"Authorization", "Bearer t"}, {"Content-Type", "application/json"}},
       .body = "{\"query\":1}"},
      {}
  );

  ASSERT_TRUE(response);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.body, "{\"query\":1}");
  EXPECT_EQ(HeaderValue(seen.headers, "authorization"), "Bearer t");
  EXPECT_EQ(HeaderValue(seen.headers, "content-type"), "application/json");
  EXPECT_EQ(HeaderValue(seen.headers, "user-agent"), "pulse");
  EXPECT_EQ(HeaderValue(seen.headers, "expect"), "");
}

TEST(Client, UnpacksGzip) {
  const std::string plain(100000, 'p');
  const auto server = ServeOrDie([&plain](const Request&) {
    return Response{.headers = {{"Content-Encoding", "gzip"}}, .body = Gzip(plain)};
  });

  const auto response = LocalClient()->Send({.url = UrlOf(*server, "/")}, {});

  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, plain);
}

TEST(Client, CountsTheBodyLimitAfterUnpacking) {
  const std::string packed = Gzip(std::string(std::size_t{20} * 1024 * 1024, '\0'));
  ASSERT_LT(packed.size(), 64U * 1024);
  const auto server = ServeOrDie([&packed](const Request&) {
    return Response{.headers = {{"Content-Encoding", "gzip"}}, .body = packed};
  });

  const auto response =
      LocalClient()->Send({.url = UrlOf(*server, "/"), .max_body_bytes = 1U << 20U}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(response.error().message(), HasSubstr("over the limit of 1048576 bytes"));
}

TEST(Client, TakesABodyOfExactlyTheLimit) {
  const auto server = ServeOrDie([](const Request&) { return Response{.body = "12345678"}; });
  const auto client = LocalClient();

  EXPECT_TRUE(client->Send({.url = UrlOf(*server, "/"), .max_body_bytes = 8}, {}));
  EXPECT_FALSE(client->Send({.url = UrlOf(*server, "/"), .max_body_bytes = 7}, {}));
}

TEST(Client, NeverReturnsACutBodyWhereverItIsCut) {
  std::atomic<std::int64_t> cut_after{-1};
  const std::string body(5000, 'b');
  const auto server =
      ServeOrDie([&](const Request&) { return Response{.body = body, .cut_after = cut_after}; });
  const auto client = LocalClient();
  ASSERT_EQ(client->Send({.url = UrlOf(*server, "/")}, {})->body, body);

  for (const std::int64_t offset : {0, 1, 1447, 4096, 4999}) {
    cut_after = offset;
    const auto response = client->Send({.url = UrlOf(*server, "/")}, {});
    ASSERT_FALSE(response) << offset;
    EXPECT_EQ(response.error().kind(), ErrorKind::kUnavailable) << offset;
  }
}

TEST(Client, NamesARefusedConnectionUnavailable) {
  std::uint16_t port = 0;
  {
    const auto server = ServeOrDie([](const Request&) { return Response{}; });
    port = server->port();
  }

  const auto response =
      LocalClient()->Send({.url = "http://127.0.0.1:" + std::to_string(port)}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::kUnavailable);
}

TEST(Client, GivesUpAtItsDeadline) {
  const auto server = ServeOrDie([](const Request&) { return Response{.delay = seconds{30}}; });

  const auto started = steady_clock::now();
  const auto response =
      LocalClient()->Send({.url = UrlOf(*server, "/slow"), .timeout = milliseconds{100}}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::kTimeout);
  EXPECT_THAT(response.error().message(), HasSubstr("/slow"));
  EXPECT_LT(steady_clock::now() - started, seconds{5});
}

TEST(Client, ReturnsAtOnceWhenAskedToStop) {
  std::promise<void> arrived;
  const auto server = ServeOrDie([&arrived](const Request&) {
    arrived.set_value();
    return Response{.delay = seconds{30}};
  });
  const auto client = LocalClient();
  std::stop_source stop;
  auto answer = std::async(std::launch::async, [&] {
    return client->Send({.url = UrlOf(*server, "/")}, stop.get_token());
  });
  arrived.get_future().wait();

  const auto asked = steady_clock::now();
  stop.request_stop();
  const auto response = answer.get();

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::kCancelled);
  EXPECT_LT(steady_clock::now() - asked, milliseconds{100});
}

TEST(Client, RefusesPrivateAddressesUnlessAllowed) {
  std::atomic<int> calls{0};
  const auto server = ServeOrDie([&calls](const Request&) {
    ++calls;
    return Response{};
  });
  ASSERT_TRUE(LocalClient()->Send({.url = UrlOf(*server, "/")}, {}));
  ASSERT_EQ(calls, 1);

  for (const char* host :
       {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"}) {
    const std::string url = std::string{"http://"} + host + ":" + std::to_string(server->port());
    const auto response = NewClient({})->Send({.url = url}, {});
    ASSERT_FALSE(response) << host;
    EXPECT_EQ(response.error().kind(), ErrorKind::kInvalid) << host;
    EXPECT_THAT(response.error().message(), HasSubstr("is not public")) << host;
  }
  EXPECT_EQ(calls, 1);
}

TEST(Client, ReturnsARedirectInsteadOfFollowingIt) {
  std::atomic<int> calls{0};
  const auto server = ServeOrDie([&calls](const Request&) {
    ++calls;
    return Response{.status = 302, .headers = {{"Location", "/elsewhere"}}};
  });

  const auto response = LocalClient()->Send({.url = UrlOf(*server, "/")}, {});

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(HeaderValue(response->headers, "location"), "/elsewhere");
  EXPECT_EQ(calls, 1);
}

TEST(Client, IgnoresProxiesNamedByTheEnvironment) {
  const auto server = ServeOrDie([](const Request&) { return Response{}; });
  setenv("http_proxy", "http://127.0.0.1:1", 1);  // NOLINT(concurrency-mt-unsafe): nobody reads it.
  const auto response = LocalClient()->Send({.url = UrlOf(*server, "/")}, {});
  unsetenv("http_proxy");  // NOLINT(concurrency-mt-unsafe)

  EXPECT_TRUE(response);
}

TEST(Client, RefusesUrlsItMustNotAskWithoutShowingTheirSecrets) {
  for (const char* url :
       {"https://user:hunter2@example.com/",
        "https://hunter2@example.com/",
        "ftp://example.com/?hunter2",
        "file:///etc/hunter2?hunter2",
        "http://exa mple.com/?hunter2",
        "hunter2",
        ""}) {
    const auto response = LocalClient()->Send({.url = url}, {});
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().kind(), ErrorKind::kInvalid) << url;
    if (std::string_view{url}.find("/etc") == std::string_view::npos) {
      EXPECT_THAT(response.error().message(), Not(HasSubstr("hunter2"))) << url;
    }
  }
}

TEST(Client, LeavesTheQueryOutOfItsErrors) {
  const auto server = ServeOrDie([](const Request&) { return Response{.delay = seconds{30}}; });

  const auto response = LocalClient()->Send(
      {.url = UrlOf(*server, "/path?token=hunter2"), .timeout = milliseconds{50}}, {}
  );

  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message(), HasSubstr("/path"));
  EXPECT_THAT(response.error().message(), Not(HasSubstr("hunter2")));
}

TEST(Client, RefusesHeadersThatWouldSmuggleAnother) {
  const auto response =
      LocalClient()->Send({.url = "http://127.0.0.1:1/", .headers = {{"X-A", "1\r\nX-B: 2"}}}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(response.error().message(), HasSubstr("X-A"));
}

TEST(Client, TrustsOnlyKnownAuthoritiesAndTheOnesItIsGiven) {
  const auto certificate = SelfSigned({"127.0.0.1"}).value();
  const auto server = ServeOrDie(
      [](const Request&) { return Response{.body = "secure"}; },
      {.tls_certificate = certificate.certificate, .tls_key = certificate.key}
  );
  const std::string url = UrlOf(*server, "/", "https");
  const std::string ca_file = ::testing::TempDir() + "pulse_client_test_ca.pem";
  std::ofstream(ca_file) << certificate.certificate;

  const auto refused = LocalClient()->Send({.url = url}, {});
  const auto accepted =
      NewClient({.allow_private_addresses = true, .ca_file = ca_file})->Send({.url = url}, {});
  const auto unusable = NewClient({.allow_private_addresses = true, .ca_file = "/nonexistent.pem"})
                            ->Send({.url = url}, {});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("add the CA with PULSE_CA_FILE"));
  ASSERT_TRUE(accepted) << accepted.error().message();
  EXPECT_EQ(accepted->body, "secure");
  ASSERT_FALSE(unusable);
  EXPECT_EQ(unusable.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(unusable.error().message(), HasSubstr("/nonexistent.pem"));
}

TEST(Client, RefusesACertificateOfAnotherHost) {
  const auto certificate = SelfSigned({"127.0.0.2"}).value();
  const auto server = ServeOrDie(
      [](const Request&) { return Response{}; },
      {.tls_certificate = certificate.certificate, .tls_key = certificate.key}
  );
  const std::string ca_file = ::testing::TempDir() + "pulse_client_test_other_ca.pem";
  std::ofstream(ca_file) << certificate.certificate;

  const auto response = NewClient({.allow_private_addresses = true, .ca_file = ca_file})
                            ->Send({.url = UrlOf(*server, "/", "https")}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::kInvalid);
}

TEST(SelfSigned, RefusesToCertifyNobody) {
  ASSERT_TRUE(SelfSigned({"localhost", "127.0.0.1", "::1"}));

  const auto refused = SelfSigned({});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInternal);
}

TEST(Client, NeverReturnsABodyCutInsideTls) {
  const auto certificate = SelfSigned({"127.0.0.1"}).value();
  const auto server = ServeOrDie(
      [](const Request&) { return Response{.body = "secure", .cut_after = 3}; },
      {.tls_certificate = certificate.certificate, .tls_key = certificate.key}
  );
  const std::string ca_file = ::testing::TempDir() + "pulse_client_test_cut_ca.pem";
  std::ofstream(ca_file) << certificate.certificate;

  const auto response = NewClient({.allow_private_addresses = true, .ca_file = ca_file})
                            ->Send({.url = UrlOf(*server, "/", "https")}, {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::kUnavailable);
}

TEST(Client, SharesNothingBetweenThreads) {
  const auto server = ServeOrDie(
      [](const Request& request) { return Response{.body = std::string{request.query}}; },
      {.threads = 2}
  );
  const auto client = LocalClient();
  std::atomic<int> wrong{0};
  const auto ask = [&](int thread) {
    for (int call = 0; call < 50; ++call) {
      const std::string mark = std::to_string(thread) + "-" + std::to_string(call);
      const auto response = client->Send({.url = UrlOf(*server, "/?" + mark)}, {});
      if (!response || response->body != mark) ++wrong;
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int thread = 0; thread < 8; ++thread) threads.emplace_back(ask, thread);
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace pulse::http
