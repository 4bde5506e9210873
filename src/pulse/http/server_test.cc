#include "pulse/http/server.h"

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// A client that can misbehave: bytes out, bytes in, nothing more.
class Wire {
 public:
  explicit Wire(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // A test that would hang fails instead.
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  ~Wire() { close(socket_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// Everything until the server closes.
  std::string ReadAll() {
    std::string all;
    while (ReadSome(all)) {
    }
    return all;
  }

  /// Reads until `end` has arrived; what follows it stays unread only if it came later.
  std::string ReadThrough(std::string_view end) {
    std::string all;
    while (all.find(end) == std::string::npos && ReadSome(all)) {
    }
    return all;
  }

 private:
  bool ReadSome(std::string& to) {
    std::array<char, 4096> bytes{};
    const ssize_t got = recv(socket_, bytes.data(), bytes.size(), 0);
    if (got > 0) to.append(bytes.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  int socket_;
};

std::unique_ptr<Server> ServeOrDie(Handler handler, ServerOptions options = {}) {
  auto server = Serve(std::move(options), std::move(handler));
  if (!server) throw std::runtime_error(server.error().message());
  return *std::move(server);
}

Response Echo(const Request& request) {
  return Response{
      .body = request.method + "|" + std::string{request.path} + "|" + std::string{request.query} +
              "|" + request.body
  };
}

constexpr std::string_view kClose = "Connection: close\r\n\r\n";

TEST(Server, SplitsTheTargetAndLeavesItEncoded) {
  const auto server = ServeOrDie(Echo);
  Wire wire(server->port());

  wire.Write("GET /a%2Fb?c=%20&d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(wire.ReadAll(), EndsWith("GET|/a%2Fb|c=%20&d|"));
}

TEST(Server, TellsTheHandlerThePeersAddress) {
  const auto server =
      ServeOrDie([](const Request& request) { return Response{.body = request.peer}; });
  Wire wire(server->port());

  wire.Write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(wire.ReadAll(), EndsWith("\r\n\r\n127.0.0.1"));
}

TEST(Server, AnswersManyRequestsOnOneConnectionAlsoWhenTheyArriveTogether) {
  const auto server = ServeOrDie(Echo);
  Wire wire(server->port());

  wire.Write("GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(wire.ReadThrough("/first||"), HasSubstr("Connection: keep-alive"));
  wire.Write(
      "POST /second HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "GET /third HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
  );
  const std::string rest = wire.ReadAll();

  EXPECT_THAT(rest, HasSubstr("POST|/second||abc"));
  EXPECT_THAT(rest, EndsWith("GET|/third||"));
}

TEST(Server, ReadsChunkedBodies) {
  const auto server = ServeOrDie(Echo);
  Wire wire(server->port());

  wire.Write(
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
  );

  EXPECT_THAT(wire.ReadAll(), EndsWith("POST|/||abc"));
}

TEST(Server, InvitesABodyThatWaitsForIt) {
  const auto server = ServeOrDie(Echo);
  Wire wire(server->port());

  wire.Write(
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: "
      "2\r\n\r\n"
  );
  EXPECT_THAT(wire.ReadThrough("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  wire.Write("ok");

  EXPECT_THAT(wire.ReadAll(), EndsWith("POST|/||ok"));
}

TEST(Server, AnswersHeadWithTheLengthAndNoBody) {
  const auto server = ServeOrDie(Echo);
  Wire wire(server->port());

  wire.Write("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = wire.ReadAll();

  EXPECT_THAT(answer, HasSubstr("Content-Length: 9\r\n"));
  EXPECT_THAT(answer, EndsWith(kClose));
}

TEST(Server, RefusesWhatIsNotHttp) {
  const auto server = ServeOrDie(Echo);
  Wire wire(server->port());

  wire.Write("hello there\r\n\r\n");

  EXPECT_THAT(wire.ReadAll(), StartsWith("HTTP/1.1 400 "));
}

TEST(Server, RefusesHeadersOverTheirLimit) {
  const auto server = ServeOrDie(Echo);
  Wire wire(server->port());

  wire.Write("GET / HTTP/1.1\r\nX: " + std::string(std::size_t{70} * 1024, 'a') + "\r\n\r\n");

  EXPECT_THAT(wire.ReadAll(), StartsWith("HTTP/1.1 431 "));
}

TEST(Server, RefusesBodiesOverTheirLimitHoweverTheyAreSent) {
  const auto server = ServeOrDie(Echo, {.max_body_bytes = 1000});
  const std::string exact(1000, 'a');
  Wire within(server->port());
  Wire announced(server->port());
  Wire chunked(server->port());

  within.Write(
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n" + exact
  );
  announced.Write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" + exact + "a");
  chunked.Write(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + exact +
      "\r\n1\r\na\r\n0\r\n\r\n"
  );
  // A client that goes on sending must still get to read the refusal.
  for (auto* wire : {&announced, &chunked}) wire->Write(std::string(std::size_t{1} << 20U, 'b'));

  EXPECT_THAT(within.ReadAll(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(announced.ReadThrough("\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(chunked.ReadThrough("\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
}

TEST(Server, TurnsWhatAHandlerThrowsIntoA500WithoutItsText) {
  const auto server = ServeOrDie([](const Request& request) -> Response {
    if (request.path == "/std") throw std::runtime_error("password=hunter2");
    throw 7;
  });
  Wire wire(server->port());

  wire.Write(
      "GET /std HTTP/1.1\r\nHost: x\r\n\r\nGET /int HTTP/1.1\r\nHost: x\r\nConnection: "
      "close\r\n\r\n"
  );
  const std::string answer = wire.ReadAll();

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_NE(answer.find("HTTP/1.1 500 "), answer.rfind("HTTP/1.1 500 "));
  EXPECT_THAT(answer, Not(HasSubstr("hunter2")));
}

TEST(Server, DoesNotSendHeadersThatSmuggleOthers) {
  const auto server = ServeOrDie([](const Request&) {
    return Response{.headers = {{"X-A", "b\r\nSet-Cookie: evil"}}};
  });
  Wire wire(server->port());

  wire.Write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = wire.ReadAll();

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, Not(HasSubstr("evil")));
}

TEST(Server, CutsTheBodyButAnnouncesItWhole) {
  const auto server =
      ServeOrDie([](const Request&) { return Response{.body = "0123456789", .cut_after = 4}; });
  Wire wire(server->port());

  wire.Write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string answer = wire.ReadAll();

  EXPECT_THAT(answer, HasSubstr("Content-Length: 10\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n0123"));
}

TEST(Server, DelaysManyResponsesOnOneThreadAtTheSameTime) {
  constexpr int kConnections = 40;
  static constexpr milliseconds kDelay{300};
  const auto server = ServeOrDie([](const Request&) { return Response{.delay = kDelay}; });
  std::vector<std::unique_ptr<Wire>> wires;

  const auto started = steady_clock::now();
  for (int i = 0; i < kConnections; ++i) {
    wires.push_back(std::make_unique<Wire>(server->port()));
    wires.back()->Write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  for (const auto& wire : wires) EXPECT_THAT(wire->ReadAll(), StartsWith("HTTP/1.1 200 "));
  const auto took = steady_clock::now() - started;

  EXPECT_GE(took, kDelay);
  EXPECT_LT(took, kDelay * kConnections / 2);
}

TEST(Server, ServesNewConnectionsWhileIdleOnesStayOpen) {
  const auto server = ServeOrDie(Echo);
  std::vector<std::unique_ptr<Wire>> idle;
  idle.reserve(300);
  for (int i = 0; i < 300; ++i) idle.push_back(std::make_unique<Wire>(server->port()));
  Wire wire(server->port());

  wire.Write("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(wire.ReadAll(), EndsWith("GET|/x||"));
}

TEST(Server, RunsHandlersOnAllItsThreads) {
  std::promise<void> both;
  std::atomic<int> inside{0};
  const auto all_inside = both.get_future().share();
  const auto server = ServeOrDie(
      [&](const Request&) {
        if (++inside == 2) both.set_value();
        const bool met = all_inside.wait_for(seconds{10}) == std::future_status::ready;
        return Response{.status = met ? 200 : 500};
      },
      {.threads = 2}
  );
  Wire first(server->port());
  Wire second(server->port());

  for (auto* wire : {&first, &second})
    wire->Write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(first.ReadAll(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(second.ReadAll(), StartsWith("HTTP/1.1 200 "));
}

TEST(ServerStop, FinishesWhatIsBeingAnswered) {
  std::promise<void> arrived;
  const auto server = ServeOrDie([&](const Request&) {
    arrived.set_value();
    return Response{.body = "done", .delay = milliseconds{200}};
  });
  Wire wire(server->port());
  wire.Write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  arrived.get_future().wait();

  server->Stop();

  EXPECT_THAT(wire.ReadAll(), EndsWith("done"));
}

TEST(ServerStop, DoesNotWaitForIdleOrEndlessConnections) {
  std::promise<void> arrived;
  const auto server = ServeOrDie([&](const Request& request) {
    if (request.path == "/idle") return Response{};
    arrived.set_value();
    return Response{.delay = seconds{60}};
  });
  Wire idle(server->port());
  idle.Write("GET /idle HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_THAT(idle.ReadThrough("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  Wire endless(server->port());
  endless.Write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  arrived.get_future().wait();

  const auto started = steady_clock::now();
  server->Stop();
  server->Stop();

  EXPECT_LT(steady_clock::now() - started, seconds{3});
  EXPECT_EQ(idle.ReadAll(), "");
}

TEST(ServerStop, FreesThePort) {
  auto server = ServeOrDie(Echo);
  const std::uint16_t port = server->port();
  const auto taken = Serve({.port = port}, Echo);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind(), ErrorKind::kConflict);

  server->Stop();

  EXPECT_TRUE(Serve({.port = port}, Echo));
}

TEST(ServerStop, IsSafeUnderLoadAgainAndAgain) {
  for (int round = 0; round < 20; ++round) {
    const auto server = ServeOrDie(Echo, {.threads = 2});
    std::vector<std::unique_ptr<Wire>> wires;
    for (int i = 0; i < 10; ++i) {
      wires.push_back(std::make_unique<Wire>(server->port()));
      wires.back()->Write("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n");
    }
    if (round % 2 == 0) server->Stop();
  }
}

TEST(Serve, RefusesAnAddressOrCertificateItCannotUse) {
  for (const auto& options :
       {ServerOptions{.address = "localhost"},
        ServerOptions{.address = "203.0.113.1"},
        ServerOptions{.tls_certificate = "junk", .tls_key = "junk"}}) {
    const auto server = Serve(options, Echo);
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().kind(), ErrorKind::kInvalid);
  }
}

}  // namespace
}  // namespace pulse::http
