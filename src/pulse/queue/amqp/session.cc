#include "pulse/queue/amqp/session.h"

#include <array>

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

namespace pulse::queue::amqp {
namespace {

constexpr int kPersistent = 2;
// A quarter of a megabyte a frame is more than any message here; the broker's own default is half.
constexpr int kFrameMax = 131'072;

timeval TimeOf(std::chrono::milliseconds wait) {
  return {
      .tv_sec = static_cast<time_t>(wait.count() / 1000),
      .tv_usec = static_cast<suseconds_t>(wait.count() % 1000 * 1000),
  };
}

ErrorKind KindOf(int reply_code) {
  switch (reply_code) {
    case AMQP_ACCESS_REFUSED:
      return ErrorKind::kUnauthorized;
    case AMQP_NOT_FOUND:
      return ErrorKind::kNotFound;
    case AMQP_PRECONDITION_FAILED:
    case AMQP_RESOURCE_LOCKED:
      return ErrorKind::kConflict;
    case AMQP_NOT_ALLOWED:
      return ErrorKind::kInvalid;
    case AMQP_NOT_IMPLEMENTED:
      return ErrorKind::kInternal;
    default:
      return ErrorKind::kUnavailable;
  }
}

ErrorKind KindOfStatus(int status) {
  switch (status) {
    case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED:
    case AMQP_STATUS_SSL_PEER_VERIFY_FAILED:
    case AMQP_STATUS_SSL_CONNECTION_FAILED:
      return ErrorKind::kInvalid;
    default:
      return ErrorKind::kUnavailable;
  }
}

/// Where to look; nothing for what passes by itself.
std::string_view AdviceOn(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUnauthorized:
      return "; fix: user and password in queue_url";
    case ErrorKind::kInvalid:
      return "; fix: queue_url, whose virtual host must exist and be open to the user";
    default:
      return "";
  }
}

/// What a broken handshake says, with where to look when waiting changes nothing.
std::string WordsOfStatus(int status) {
  std::string words = amqp_error_string2(status);
  if (KindOfStatus(status) != ErrorKind::kInvalid) return words;
  return words +
         "; fix: ca_file for a private authority, the certificate's name in queue_url, and a port "
         "that speaks TLS";
}

std::string Words(int code, const amqp_bytes_t& text) {
  return std::to_string(code) + " " + std::string(TextOf(text));
}

amqp_table_entry_t Entry(const char* key, bool value) {
  amqp_table_entry_t entry;
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = value ? 1 : 0;
  return entry;
}
amqp_table_entry_t Entry(const char* key, std::string_view value) {
  amqp_table_entry_t entry;
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = BytesOf(value);
  return entry;
}
template <std::size_t N>
amqp_table_t Table(std::array<amqp_table_entry_t, N>& entries) {
  amqp_table_t table;
  table.num_entries = static_cast<int>(N);
  table.entries = entries.data();
  return table;
}

/// Trusts `ca_file` or the system's authorities, and nobody else. The name is checked by OpenSSL:
/// the library's own check knows no IP addresses.
Result<> Verify(amqp_socket_t* socket, const std::string& ca_file, const std::string& host) {
  amqp_ssl_socket_set_verify_peer(socket, 1);
  amqp_ssl_socket_set_verify_hostname(socket, 0);
  auto* context = static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket));
  X509_VERIFY_PARAM* expected = SSL_CTX_get0_param(context);
  const bool named = X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1 ||
                     X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size()) == 1;
  if (!named || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
    return Error{ErrorKind::kInternal, "TLS cannot be set up"};
  }
  if (!ca_file.empty()) {
    if (amqp_ssl_socket_set_cacert(socket, ca_file.c_str()) == AMQP_STATUS_OK) return {};
    return Error{ErrorKind::kInvalid, "cannot read the certificate authority " + ca_file};
  }
  if (SSL_CTX_set_default_verify_paths(context) == 1) return {};
  return Error{ErrorKind::kInvalid, "the system has no certificate authorities"};
}

/// A peer that vanished without a word is noticed by what we send, too.
void NoticeSilence(int fd, std::chrono::milliseconds wait) {
  const auto milliseconds = static_cast<unsigned>(wait.count());
  // Best effort: without it the heartbeat notices, a little later.
  static_cast<void>(
      ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds)
  );
}

}  // namespace

void Session::Destroy::operator()(amqp_connection_state_t state) const noexcept {
  const timeval brief = TimeOf(std::chrono::milliseconds(1000));
  amqp_set_rpc_timeout(state, &brief);
  amqp_destroy_connection(state);
}

Result<std::unique_ptr<Session>> Session::Connect(
    const AmqpOptions& options, const BrokerAddress& address
) {
  amqp_connection_state_t state = amqp_new_connection();
  if (state == nullptr) return Error{ErrorKind::kInternal, "out of memory for a connection"};
  std::unique_ptr<Session> session(new Session(state));
  PULSE_CHECK(session->Open(options, address));
  PULSE_CHECK(session->Login(options, address));
  PULSE_CHECK(session->OpenChannel(kControlChannel));
  return session;
}

Result<> Session::Open(const AmqpOptions& options, const BrokerAddress& address) {
  amqp_socket_t* socket = address.tls ? amqp_ssl_socket_new(state()) : amqp_tcp_socket_new(state());
  if (socket == nullptr) return Error{ErrorKind::kInternal, "out of memory for a socket"};
  if (address.tls) PULSE_CHECK(Verify(socket, options.ca_file, address.host));
  const timeval connect = TimeOf(options.connect_timeout);
  const timeval call = TimeOf(options.call_timeout);
  amqp_set_handshake_timeout(state(), &connect);
  amqp_set_rpc_timeout(state(), &call);
  const int status = amqp_socket_open_noblock(socket, address.host.c_str(), address.port, &connect);
  if (status != AMQP_STATUS_OK) {
    return Error{
        KindOfStatus(status),
        "cannot reach RabbitMQ at " + address.Place() + ": " + WordsOfStatus(status)
    };
  }
  NoticeSilence(fd(), 2 * options.heartbeat);
  return {};
}

Result<> Session::Login(const AmqpOptions& options, const BrokerAddress& address) {
  std::array capabilities{
      Entry("publisher_confirms", true),
      Entry("basic.nack", true),
      Entry("consumer_cancel_notify", true),
      Entry("connection.blocked", true),
      Entry("authentication_failure_close", true),
  };
  std::array properties{
      Entry("product", std::string_view("pulse")),
      Entry("connection_name", std::string_view(options.connection_name)),
      Entry("capabilities", true),
  };
  properties[2].value.kind = AMQP_FIELD_KIND_TABLE;
  properties[2].value.value.table = Table(capabilities);
  const amqp_table_t table = Table(properties);
  const amqp_rpc_reply_t reply = amqp_login_with_properties(
      state(),
      address.vhost.c_str(),
      0,
      kFrameMax,
      static_cast<int>(options.heartbeat.count()),
      &table,
      AMQP_SASL_METHOD_PLAIN,
      address.user.c_str(),
      address.password.c_str()
  );
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
  const std::string where = "RabbitMQ at " + address.Place() + " as user " + address.user;
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) {
    return Error{
        KindOfStatus(reply.library_error),
        where + ": no login: " + WordsOfStatus(reply.library_error)
    };
  }
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION ||
      reply.reply.id != AMQP_CONNECTION_CLOSE_METHOD) {
    return Error{ErrorKind::kUnavailable, where + ": hung up during login"};
  }
  const auto& close = *static_cast<amqp_connection_close_t*>(reply.reply.decoded);
  const ErrorKind kind = KindOf(close.reply_code);
  return Error{
      kind, where + ": " + Words(close.reply_code, close.reply_text) + std::string(AdviceOn(kind))
  };
}

std::string Session::Server() const {
  const amqp_table_t* properties = amqp_get_server_properties(state());
  std::string product;
  std::string version;
  for (int i = 0; i < properties->num_entries; ++i) {
    const amqp_table_entry_t& entry = properties->entries[i];
    if (entry.value.kind != AMQP_FIELD_KIND_UTF8) continue;
    if (TextOf(entry.key) == "product") product = TextOf(entry.value.value.bytes);
    if (TextOf(entry.key) == "version") version = TextOf(entry.value.value.bytes);
  }
  return product + " " + version;
}

Result<> Session::OpenChannel(amqp_channel_t channel) {
  amqp_channel_open(state(), channel);
  return Outcome(channel, "open a channel");
}

Result<> Session::CloseChannel(amqp_channel_t channel) {
  const amqp_rpc_reply_t reply = amqp_channel_close(state(), channel, AMQP_REPLY_SUCCESS);
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
  return Error{ErrorKind::kUnavailable, "close a channel: the broker did not answer"};
}

Result<> Session::ConfirmPublishes(amqp_channel_t channel) {
  amqp_confirm_select(state(), channel);
  return Outcome(channel, "ask for confirms");
}

Result<> Session::Consume(amqp_channel_t channel, const std::string& queue, int prefetch) {
  amqp_basic_qos(state(), channel, 0, static_cast<std::uint16_t>(prefetch), /*global=*/0);
  PULSE_CHECK(Outcome(channel, "set the prefetch of " + queue));
  amqp_basic_consume(
      state(),
      channel,
      BytesOf(queue),
      amqp_empty_bytes,
      /*no_local=*/0,
      /*no_ack=*/0,
      /*exclusive=*/0,
      amqp_empty_table
  );
  return Outcome(channel, "consume " + queue);
}

Result<> Session::Ack(amqp_channel_t channel, std::uint64_t tag, bool multiple) {
  return Sent(amqp_basic_ack(state(), channel, tag, multiple ? 1 : 0), "ack");
}

Result<> Session::Requeue(amqp_channel_t channel, std::uint64_t tag) {
  return Sent(amqp_basic_nack(state(), channel, tag, /*multiple=*/0, /*requeue=*/1), "nack");
}

Result<> Session::Publish(
    amqp_channel_t channel,
    const std::string& queue,
    const amqp_basic_properties_t& properties,
    std::string_view body
) {
  amqp_basic_properties_t persistent = properties;
  persistent._flags |= AMQP_BASIC_DELIVERY_MODE_FLAG;
  persistent.delivery_mode = kPersistent;
  return Sent(
      amqp_basic_publish(
          state(),
          channel,
          amqp_empty_bytes,
          BytesOf(queue),
          /*mandatory=*/1,
          /*immediate=*/0,
          &persistent,
          BytesOf(body)
      ),
      "publish"
  );
}

Result<QueueState> Session::InspectQueue(const std::string& queue) {
  const amqp_queue_declare_ok_t* declared = amqp_queue_declare(
      state(), kControlChannel, BytesOf(queue), /*passive=*/1, 0, 0, 0, amqp_empty_table
  );
  PULSE_CHECK(Outcome(kControlChannel, "look at " + queue));
  const QueueState found{.ready = declared->message_count, .consumers = declared->consumer_count};
  Release(kControlChannel);
  return found;
}

Result<> Session::DeclareQueue(const std::string& queue) {
  std::array arguments{Entry("x-queue-type", std::string_view("quorum"))};
  amqp_queue_declare(
      state(),
      kControlChannel,
      BytesOf(queue),
      /*passive=*/0,
      /*durable=*/1,
      /*exclusive=*/0,
      /*auto_delete=*/0,
      Table(arguments)
  );
  PULSE_CHECK(Outcome(kControlChannel, "declare " + queue));
  Release(kControlChannel);
  return {};
}

Result<> Session::DeleteQueue(const std::string& queue) {
  amqp_queue_delete(state(), kControlChannel, BytesOf(queue), /*if_unused=*/0, /*if_empty=*/0);
  PULSE_CHECK(Outcome(kControlChannel, "delete " + queue));
  Release(kControlChannel);
  return {};
}

Result<> Session::Sent(int status, std::string_view call) const {
  if (status == AMQP_STATUS_OK) return {};
  return Error{ErrorKind::kUnavailable, std::string(call) + ": " + amqp_error_string2(status)};
}

Result<> Session::Outcome(amqp_channel_t channel, std::string_view call) {
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(state());
  switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL:
      return {};
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return Sent(reply.library_error, call);
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      break;
    case AMQP_RESPONSE_NONE:
      return Error{ErrorKind::kUnavailable, std::string(call) + ": the broker hung up"};
  }
  if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    Error refused = WhyClosed(reply.reply);
    PULSE_CHECK(AnswerClose(channel));
    if (channel == kControlChannel) PULSE_CHECK(OpenChannel(kControlChannel));
    return std::move(refused).While(call);
  }
  const auto& close = *static_cast<amqp_connection_close_t*>(reply.reply.decoded);
  // What was asked broke the broker; that will happen again. Everything else may pass.
  const ErrorKind kind =
      close.reply_code == AMQP_INTERNAL_ERROR ? ErrorKind::kInternal : ErrorKind::kUnavailable;
  return Error{kind, std::string(call) + ": " + Words(close.reply_code, close.reply_text)};
}

Error Session::WhyClosed(const amqp_method_t& close) {
  const auto& why = *static_cast<amqp_channel_close_t*>(close.decoded);
  return {KindOf(why.reply_code), Words(why.reply_code, why.reply_text)};
}

Result<> Session::AnswerClose(amqp_channel_t channel) {
  amqp_channel_close_ok_t answer{};
  return Sent(
      amqp_send_method(state(), channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &answer), "close a channel"
  );
}

Result<std::optional<amqp_frame_t>> Session::Read() {
  for (;;) {
    amqp_frame_t frame;
    const timeval at_once{.tv_sec = 0, .tv_usec = 0};
    const int status = amqp_simple_wait_frame_noblock(state(), &frame, &at_once);
    if (status == AMQP_STATUS_TIMEOUT) return std::optional<amqp_frame_t>();
    PULSE_CHECK(Sent(status, "read"));
    if (frame.channel != 0) return std::optional(frame);
    PULSE_CHECK(Heed(frame));
  }
}

Result<> Session::Heed(const amqp_frame_t& frame) {
  if (frame.frame_type != AMQP_FRAME_METHOD) return {};
  const amqp_method_t& method = frame.payload.method;
  if (method.id == AMQP_CONNECTION_BLOCKED_METHOD) {
    blocked_ = TextOf(static_cast<amqp_connection_blocked_t*>(method.decoded)->reason);
  } else if (method.id == AMQP_CONNECTION_UNBLOCKED_METHOD) {
    blocked_.reset();
  } else if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto& close = *static_cast<amqp_connection_close_t*>(method.decoded);
    Error closed{
        ErrorKind::kUnavailable,
        "the broker closed the connection: " + Words(close.reply_code, close.reply_text)
    };
    amqp_connection_close_ok_t answer{};
    PULSE_CHECK(
        Sent(amqp_send_method(state(), 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &answer), "close")
    );
    return closed;
  }
  Release(0);
  return {};
}

}  // namespace pulse::queue::amqp
