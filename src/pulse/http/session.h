#pragma once

/// \file
/// Sessions: one connection each, from the first byte to the last. Internal to the server.

#include <atomic>
#include <chrono>
#include <optional>
#include <unordered_set>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "pulse/http/server.h"

namespace pulse::http {

inline constexpr std::chrono::seconds kStopGrace{1};  // Promised by Server::Stop.

/// One connection as its loop sees it: what Stop needs to end it.
struct Session {
  boost::asio::ip::tcp::socket* socket = nullptr;
  bool answering = false;  ///< A request has arrived and its response has not left yet.
};

/// One thread and its event loop. Everything but `context` is touched by that thread only.
struct Loop {
  // Coroutines die with `context`, after `grace` is gone: they must not reach for it then.
  ~Loop() { stopping = false; }

  std::unordered_set<Session*> sessions;
  bool stopping = false;
  // Last: destroying it destroys suspended coroutines, which still use what stands above.
  boost::asio::io_context context{1};
  boost::asio::steady_timer grace{context};
};

/// What all connections of one server share; immutable while it runs.
struct Shared {
  ServerOptions options;
  Handler handler;
  std::optional<boost::asio::ssl::context> tls;
  std::atomic<std::size_t> connections{0};
};

/// Serves what arrives on `socket` until one side has enough. Runs on `loop`; both outlive it.
boost::asio::awaitable<void> Greet(boost::asio::ip::tcp::socket socket, Loop& loop, Shared& shared);

}  // namespace pulse::http
