#include "pulse/http/server.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "pulse/http/session.h"

namespace pulse::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};  // Out of descriptors: let some be closed.
constexpr std::size_t kMaxConnections = 8192;

auto Catch(error_code& failed) { return asio::redirect_error(asio::use_awaitable, failed); }

class BeastServer final : public Server {
 public:
  BeastServer(ServerOptions options, Handler handler, std::optional<asio::ssl::context> tls)
      : shared_{.options = std::move(options), .handler = std::move(handler), .tls = std::move(tls)},
        loops_(MakeLoops(shared_.options.threads)) {}
  // NOLINTNEXTLINE(bugprone-exception-escape): without memory even to stop, ending is right.
  ~BeastServer() override { Stop(); }

  Result<> Listen() {
    error_code failed;
    const auto address = asio::ip::make_address(shared_.options.address, failed);
    if (failed) return Refused(ErrorKind::kInvalid, "not an IP address");
    const tcp::endpoint endpoint(address, shared_.options.port);
    acceptor_.open(endpoint.protocol(), failed);
    if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor_.bind(endpoint, failed);
    if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
    if (failed == asio::error::address_in_use)
      return Refused(ErrorKind::kConflict, "the port is taken");
    if (failed) return Refused(ErrorKind::kInvalid, failed.message());
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(loops_.front()->context, Accept(), asio::detached);
    for (const auto& loop : loops_) threads_.emplace_back([&loop = *loop] { Run(loop); });
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void Stop() override {
    if (threads_.empty()) return;
    asio::post(loops_.front()->context, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      accept_pause_.cancel();
    });
    for (const auto& loop : loops_) asio::post(loop->context, [&loop = *loop] { Wind(loop); });
    threads_.clear();  // Joins.
  }

 private:
  Error Refused(ErrorKind kind, std::string_view why) const {
    return {
        kind, fmt::format("listen on {}:{}: {}", shared_.options.address, shared_.options.port, why)
    };
  }

  static std::vector<std::unique_ptr<Loop>> MakeLoops(int count) {
    std::vector<std::unique_ptr<Loop>> loops;
    for (int i = 0; i < std::max(1, count); ++i) loops.push_back(std::make_unique<Loop>());
    return loops;
  }

  static void Run(Loop& loop) {
    const auto work = asio::make_work_guard(loop.context);
    loop.context.run();
  }

  /// On the loop's thread: idle connections go now, busy ones get the grace time.
  static void Wind(Loop& loop) {
    loop.stopping = true;
    for (const Session* session : loop.sessions) {
      error_code ignored;
      if (!session->answering) session->socket->close(ignored);
    }
    if (loop.sessions.empty()) return loop.context.stop();
    loop.grace.expires_after(kStopGrace);
    loop.grace.async_wait([&loop](const error_code&) { loop.context.stop(); });
  }

  asio::awaitable<void> Accept() {
    for (std::size_t turn = 0;; ++turn) {
      Loop& loop = *loops_[turn % loops_.size()];
      tcp::socket socket(loop.context);
      error_code failed;
      co_await acceptor_.async_accept(socket, Catch(failed));
      if (!acceptor_.is_open()) co_return;
      if (failed) {
        accept_pause_.expires_after(kAcceptPause);
        co_await accept_pause_.async_wait(Catch(failed));
        continue;
      }
      if (shared_.connections.load() >= kMaxConnections) continue;  // Closed by its destructor.
      asio::co_spawn(loop.context, Greet(std::move(socket), loop, shared_), asio::detached);
    }
  }

  Shared shared_;
  std::vector<std::unique_ptr<Loop>> loops_;
  tcp::acceptor acceptor_{loops_.front()->context};
  asio::steady_timer accept_pause_{loops_.front()->context};
  std::vector<std::jthread> threads_;
  std::uint16_t port_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Serve(ServerOptions options, Handler handler) {
  std::optional<asio::ssl::context> tls;
  if (!options.tls_certificate.empty()) {
    tls.emplace(asio::ssl::context::tls_server);
    error_code failed;
    tls->set_options(
        asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1 |
            asio::ssl::context::default_workarounds,
        failed
    );
    tls->use_certificate_chain(asio::buffer(options.tls_certificate), failed);
    if (failed) return Error{ErrorKind::kInvalid, "tls_certificate: no usable PEM certificate"};
    tls->use_private_key(asio::buffer(options.tls_key), asio::ssl::context::pem, failed);
    if (failed) return Error{ErrorKind::kInvalid, "tls_key: no PEM key that fits the certificate"};
  }
  auto server =
      std::make_unique<BeastServer>(std::move(options), std::move(handler), std::move(tls));
  PULSE_CHECK(server->Listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace pulse::http
