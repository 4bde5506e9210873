#include "pulse/cache/redis/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

namespace pulse::cache::redis {
namespace {

using std::chrono::milliseconds;
using TimePoint = Connection::TimePoint;

std::chrono::microseconds Left(TimePoint deadline) {
  return std::chrono::duration_cast<std::chrono::microseconds>(
      deadline - std::chrono::steady_clock::now()
  );
}

Error Late() { return Error{ErrorKind::kTimeout, "redis did not answer in time"}; }

Error Broken(int code) {
  return Error{ErrorKind::kUnavailable, "redis: " + std::generic_category().message(code)};
}

/// Waits until the socket is ready for `events`.
Result<> Await(int socket, short events, TimePoint deadline) {
  while (true) {
    const auto left = Left(deadline);
    if (left.count() <= 0) return Late();
    pollfd waiting{.fd = socket, .events = events, .revents = 0};
    const auto ms = static_cast<int>(std::chrono::ceil<milliseconds>(left).count());
    const int ready = poll(&waiting, 1, ms);
    if (ready > 0) return {};
    if (ready == 0) return Late();
    if (errno != EINTR) {
      return Broken(errno);
    }
  }
}

Reply Copy(const redisReply& raw) {
  Reply reply;
  switch (raw.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      reply.kind = Reply::Kind::kText;
      reply.text.assign(raw.str, raw.len);
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = Reply::Kind::kRefusal;
      reply.text.assign(raw.str, raw.len);
      break;
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::kInteger;
      reply.integer = raw.integer;
      break;
    case REDIS_REPLY_NIL:
      reply.kind = Reply::Kind::kNothing;
      break;
    default:
      break;
  }
  return reply;
}

bool IsAboutCredentials(std::string_view refusal) {
  return refusal.starts_with("WRONGPASS") || refusal.starts_with("NOAUTH") ||
         refusal.starts_with("NOPERM") || refusal.find(" AUTH") != std::string_view::npos;
}

}  // namespace

void Connection::Free::operator()(redisContext* context) const noexcept { redisFree(context); }

Result<Connection> Connection::Open(const Address& address, TimePoint deadline) {
  const auto left = Left(deadline);
  if (left.count() <= 0) return Late();
  const timeval timeout{
      .tv_sec = left.count() / 1'000'000,
      .tv_usec = static_cast<suseconds_t>(left.count() % 1'000'000),
  };
  redisContext* context = redisConnectWithTimeout(address.host.c_str(), address.port, timeout);
  if (context == nullptr) return Error{ErrorKind::kUnavailable, "redis: out of memory"};
  Connection connection(context);
  if (context->err != 0) {
    const bool late = context->err == REDIS_ERR_IO && errno == ETIMEDOUT;
    return Error{
        late ? ErrorKind::kTimeout : ErrorKind::kUnavailable,
        "redis at " + address.Name() + ": " + context->errstr
    };
  }
  if (auto known = connection.Introduce(address, deadline); !known) {
    return std::move(known).error().While("redis at " + address.Name());
  }
  return connection;
}

Result<> Connection::Introduce(const Address& address, TimePoint deadline) {
  if (!address.password.empty()) {
    std::vector<std::string_view> words{"AUTH"};
    if (!address.user.empty()) words.push_back(address.user);
    words.push_back(address.password);
    PULSE_TRY(const Reply reply, Call(words, deadline));
    if (reply.kind == Reply::Kind::kRefusal) {
      return Error{ErrorKind::kUnauthorized, "refused the password of the url: " + reply.text};
    }
  }
  // Asked of database 0 as well: a server that wants a password says so here.
  const std::string database = std::to_string(address.database);
  PULSE_TRY(const Reply reply, Call(std::array<std::string_view, 2>{"SELECT", database}, deadline));
  if (reply.kind != Reply::Kind::kRefusal) return {};
  if (IsAboutCredentials(reply.text)) {
    return Error{ErrorKind::kUnauthorized, "wants a password in the url: " + reply.text};
  }
  const bool loading = reply.text.starts_with("LOADING");
  return Error{loading ? ErrorKind::kUnavailable : ErrorKind::kInvalid, reply.text};
}

Result<Reply> Connection::Call(std::span<const std::string_view> words, TimePoint deadline) {
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    starts.push_back(word.empty() ? "" : word.data());
    sizes.push_back(word.size());
  }
  char* formatted = nullptr;
  const int size = static_cast<int>(redisFormatCommandArgv(
      &formatted, static_cast<int>(words.size()), starts.data(), sizes.data()
  ));
  if (size < 0) return Error{ErrorKind::kInternal, "redis: out of memory"};
  const std::unique_ptr<char, void (*)(char*)> owned(formatted, [](char* text) {
    redisFreeCommand(text);
  });
  PULSE_CHECK(Write({formatted, static_cast<std::size_t>(size)}, deadline));

  while (true) {
    void* raw = nullptr;
    if (redisReaderGetReply(context_->reader, &raw) != REDIS_OK) {
      return Error{ErrorKind::kUnavailable, "what answers there is no redis"};
    }
    if (raw != nullptr) {
      const std::unique_ptr<redisReply, void (*)(void*)> reply(
          static_cast<redisReply*>(raw), freeReplyObject
      );
      return Copy(*reply);
    }
    PULSE_CHECK(Read(deadline));
  }
}

// The library's own I/O restarts its timeout with every byte and writes in a way that ends the
// process when the peer has gone; these two do neither.

Result<> Connection::Write(std::string_view bytes, TimePoint deadline) {
  while (!bytes.empty()) {
    const ssize_t sent =
        send(context_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      PULSE_CHECK(Await(context_->fd, POLLOUT, deadline));
    } else if (sent < 0 && errno != EINTR) {
      return Broken(errno);
    }
  }
  return {};
}

Result<> Connection::Read(TimePoint deadline) {
  PULSE_CHECK(Await(context_->fd, POLLIN, deadline));
  std::array<char, 16'384> buffer{};
  const ssize_t got = recv(context_->fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got == 0) return Error{ErrorKind::kUnavailable, "redis closed the connection"};
  if (got < 0) {
    if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) return {};
    return Broken(errno);
  }
  if (redisReaderFeed(context_->reader, buffer.data(), static_cast<std::size_t>(got)) != REDIS_OK) {
    return Error{ErrorKind::kUnavailable, "what answers there is no redis"};
  }
  return {};
}

}  // namespace pulse::cache::redis
