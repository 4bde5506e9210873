#include "pulse/http/session.h"

#include <array>
#include <ctime>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "pulse/http/response_head.h"

namespace pulse::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using Parser = beast::http::request_parser<beast::http::string_body>;

constexpr std::chrono::seconds kIdleTimeout{60};   // Between requests, and for one to arrive.
constexpr std::chrono::seconds kWriteTimeout{60};  // For one response to leave.
constexpr std::chrono::seconds kHandshakeTimeout{10};
constexpr std::size_t kMaxHeaderBytes = std::size_t{64} * 1024;
constexpr std::size_t kMaxLingerBytes = std::size_t{64} * 1024 * 1024;

auto Catch(error_code& failed) { return asio::redirect_error(asio::use_awaitable, failed); }

/// A session's membership in its loop; ends the loop's grace time when the last one leaves.
class Membership {
 public:
  Membership(Loop& loop, Session& session) : loop_(loop), session_(session) {
    loop_.sessions.insert(&session_);
  }
  ~Membership() {
    loop_.sessions.erase(&session_);
    boost::system::error_code ignored;
    if (loop_.stopping && loop_.sessions.empty()) loop_.grace.cancel(ignored);
  }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

 private:
  Loop& loop_;
  Session& session_;
};

struct Incoming {
  Request request;
  int refusal = 0;  ///< Status to answer instead of calling the handler; 0: none.
  bool lost = false;
  bool keep_alive = false;
};

Incoming Refusal(const error_code& failed) {
  using beast::http::error;
  Incoming incoming;
  if (failed == error::body_limit) {
    incoming.refusal = 413;
  } else if (failed == error::header_limit || failed == error::buffer_overflow) {
    incoming.refusal = 431;
  } else if (failed.category() == make_error_code(error::bad_method).category() &&
             failed != error::end_of_stream && failed != error::partial_message) {
    incoming.refusal = 400;
  } else {
    incoming.lost = true;
  }
  return incoming;
}

std::string Copy(beast::string_view text) { return {text.data(), text.size()}; }

Incoming TakeRequest(Parser& parser) {
  Incoming incoming;
  incoming.keep_alive = parser.keep_alive();
  auto message = parser.release();
  Request& request = incoming.request;
  request.method = Copy(message.method_string());
  request.target = Copy(message.target());
  for (const auto& field : message) {
    request.headers.emplace_back(Copy(field.name_string()), Copy(field.value()));
  }
  request.body = std::move(message.body());
  return incoming;
}

/// Points `path` and `query` into `target`; only valid once the request stays where it is.
void SplitTarget(Request& request) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  request.query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

Response PlainText(int status, std::string_view text) {
  return Response{
      .status = status, .headers = {{"Content-Type", "text/plain"}}, .body = std::string{text}
  };
}

/// The firewall: whatever the handler does, the client gets one well-formed response.
Response Handle(const Handler& handler, const Request& request) {
  try {
    Response response = handler(request);
    if (HasSafeHeaders(response)) return response;
    return PlainText(500, "the handler made an invalid header\n");
  } catch (...) {
    // The text of an exception may hold anything, a secret included.
    return PlainText(500, "internal error\n");
  }
}

template <class Stream>
asio::awaitable<Incoming> Receive(
    Stream& stream, beast::flat_buffer& buffer, std::size_t max_body
) {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(kMaxHeaderBytes));
  parser.body_limit(max_body);
  error_code failed;
  beast::get_lowest_layer(stream).expires_after(kIdleTimeout);
  co_await beast::http::async_read_header(stream, buffer, parser, Catch(failed));
  if (!failed && beast::iequals(parser.get()[beast::http::field::expect], "100-continue")) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(stream, asio::buffer(kContinue), Catch(failed));
  }
  if (!failed) {
    beast::get_lowest_layer(stream).expires_after(kIdleTimeout);
    co_await beast::http::async_read(stream, buffer, parser, Catch(failed));
  }
  if (failed) co_return Refusal(failed);
  co_return TakeRequest(parser);
}

/// Returns kYes when the connection can carry another request.
template <class Stream>
asio::awaitable<KeepAlive> Send(
    Stream& stream, const Request& request, const Response& response, KeepAlive keep_alive
) {
  if (response.delay.count() > 0) {
    asio::steady_timer timer(stream.get_executor(), response.delay);
    error_code ignored;
    co_await timer.async_wait(Catch(ignored));
  }
  const bool cut = response.cut_after >= 0;
  std::string_view body = response.body;
  if (request.method == "HEAD" || !AllowsBody(response.status)) body = {};
  if (cut) body = body.substr(0, static_cast<std::size_t>(response.cut_after));
  if (cut) keep_alive = KeepAlive::kNo;
  const std::string head = FormatHead(response, keep_alive, std::time(nullptr));
  const std::array<asio::const_buffer, 2> bytes{asio::buffer(head), asio::buffer(body)};
  error_code failed;
  beast::get_lowest_layer(stream).expires_after(kWriteTimeout);
  co_await asio::async_write(stream, bytes, Catch(failed));
  co_return failed ? KeepAlive::kNo : keep_alive;
}

/// Half-closes and reads what the client still sends: closing with unread bytes would reset the
/// connection and could take the refusal with it before the client saw it.
asio::awaitable<void> Linger(beast::tcp_stream& stream) {
  error_code failed;
  stream.socket().shutdown(tcp::socket::shutdown_send, failed);
  std::array<char, 8192> sink{};
  std::size_t read = 0;
  stream.expires_after(kStopGrace);
  while (!failed && read < kMaxLingerBytes) {
    read += co_await stream.async_read_some(asio::buffer(sink), Catch(failed));
  }
}

enum class Ending : unsigned char { kOrderly, kCut };

/// Answers requests until one side has enough.
template <class Stream>
asio::awaitable<Ending> Converse(
    Stream& stream, Loop& loop, Session& session, const Shared& shared
) {
  beast::flat_buffer buffer;
  error_code ignored;
  const auto endpoint = beast::get_lowest_layer(stream).socket().remote_endpoint(ignored);
  const std::string peer = endpoint.address().to_string();
  auto keep_alive = KeepAlive::kYes;
  while (keep_alive == KeepAlive::kYes && !loop.stopping) {
    Incoming incoming = co_await Receive(stream, buffer, shared.options.max_body_bytes);
    if (incoming.lost) break;
    session.answering = true;
    if (incoming.refusal != 0) {
      const Response refusal = PlainText(incoming.refusal, "request refused\n");
      co_await Send(stream, incoming.request, refusal, KeepAlive::kNo);
      co_await Linger(beast::get_lowest_layer(stream));
      co_return Ending::kCut;
    }
    incoming.request.peer = peer;
    SplitTarget(incoming.request);
    const Response response = Handle(shared.handler, incoming.request);
    const bool more = incoming.keep_alive && !loop.stopping;
    keep_alive =
        co_await Send(stream, incoming.request, response, more ? KeepAlive::kYes : KeepAlive::kNo);
    session.answering = false;
    if (response.cut_after >= 0) co_return Ending::kCut;
  }
  co_return Ending::kOrderly;
}

asio::awaitable<void> ConversePlain(tcp::socket socket, Loop& loop, const Shared& shared) {
  beast::tcp_stream stream(std::move(socket));
  Session session{.socket = &stream.socket()};
  const Membership membership(loop, session);
  co_await Converse(stream, loop, session, shared);
  error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> ConverseTls(
    tcp::socket socket, asio::ssl::context& tls, Loop& loop, const Shared& shared
) {
  beast::ssl_stream<beast::tcp_stream> stream(beast::tcp_stream(std::move(socket)), tls);
  Session session{.socket = &stream.next_layer().socket()};
  const Membership membership(loop, session);
  error_code failed;
  stream.next_layer().expires_after(kHandshakeTimeout);
  co_await stream.async_handshake(asio::ssl::stream_base::server, Catch(failed));
  if (failed) co_return;
  const Ending ending = co_await Converse(stream, loop, session, shared);
  if (ending == Ending::kCut) co_return;  // Without close_notify: a cut must look like one.
  stream.next_layer().expires_after(kStopGrace);
  co_await stream.async_shutdown(Catch(failed));
}

/// A place among the connections the server allows at once.
class Place {
 public:
  explicit Place(std::atomic<std::size_t>& taken) : taken_(taken) { taken_.fetch_add(1); }
  ~Place() { taken_.fetch_sub(1); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::atomic<std::size_t>& taken_;
};

}  // namespace

// What is thrown here (out of memory at worst) ends this connection; `detached` drops it.
asio::awaitable<void> Greet(tcp::socket socket, Loop& loop, Shared& shared) {
  const Place place(shared.connections);
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (loop.stopping) co_return;
  if (shared.tls) {
    co_await ConverseTls(std::move(socket), *shared.tls, loop, shared);
  } else {
    co_await ConversePlain(std::move(socket), loop, shared);
  }
}

}  // namespace pulse::http
