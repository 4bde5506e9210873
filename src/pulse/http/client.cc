#include "pulse/http/client.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "pulse/base/failpoint.h"
#include "pulse/base/sync.h"
#include "pulse/http/address.h"
#include "pulse/http/check_url.h"
#include "pulse/http/free_with.h"
#include "pulse/http/sigpipe.h"
#include "pulse/http/transfer_error.h"

namespace pulse::http {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{10000};
// Against a peer that feeds a byte now and then; slower than this for this long is not progress.
constexpr long kSlowBytesPerSecond = 64;
constexpr long kSlowSeconds = 60;
constexpr std::size_t kMaxPooledLines = 64;
constexpr long kConnectionsPerLine = 8;

using Easy = std::unique_ptr<CURL, FreeWith<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, FreeWith<curl_multi_cleanup>>;
using List = std::unique_ptr<curl_slist, FreeWith<curl_slist_free_all>>;

/// A transfer handle and the multi handle that drives it and keeps its connections. The multi
/// interface is there for its wake-up: a stop request ends a transfer at once, not at the next
/// tick.
struct Line {
  Multi multi;  // Outlives the easy handle that is attached to it.
  Easy easy;
};

/// What the callbacks of one transfer see.
struct Exchange {
  const ClientRequest& request;
  const ClientOptions& options;
  CURL* easy = nullptr;
  std::string body{};
  bool over_limit = false;
  bool address_allowed = false;  ///< At least one address passed.
  std::string refused_address{};
  bool ca_file_unusable = false;
};

std::size_t TakeBody(char* bytes, std::size_t /*one*/, std::size_t size, void* context) noexcept {
  auto& exchange = *static_cast<Exchange*>(context);
  if (size > exchange.request.max_body_bytes - exchange.body.size()) {
    exchange.over_limit = true;
    return CURL_WRITEFUNC_ERROR;
  }
  PULSE_FAILPOINT("k2_request_sent");
  try {
    if (exchange.body.empty()) {
      curl_off_t announced = -1;  // Of the compressed body, if it is: a lower bound then.
      curl_easy_getinfo(exchange.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
      if (announced > 0) {
        exchange.body.reserve(
            std::min(static_cast<std::size_t>(announced), exchange.request.max_body_bytes)
        );
      }
    }
    exchange.body.append(bytes, size);
    PULSE_FAILPOINT("k3_response_half_read");
  } catch (const std::exception&) {
    return CURL_WRITEFUNC_ERROR;
  }
  return size;
}

// The only place where an address is judged: after resolving, for the very socket that will be
// used.
curl_socket_t OpenSocket(void* context, curlsocktype /*purpose*/, curl_sockaddr* address) noexcept {
  auto& exchange = *static_cast<Exchange*>(context);
  if (!exchange.options.allow_private_addresses && !IsPublicAddress(address->addr)) {
    try {
      exchange.refused_address = AddressText(address->addr);
    } catch (const std::exception&) {
      exchange.refused_address = "?";
    }
    return CURL_SOCKET_BAD;
  }
  exchange.address_allowed = true;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURLcode AddCertificates(CURL* /*easy*/, void* tls, void* context) noexcept {
  auto& exchange = *static_cast<Exchange*>(context);
  auto* ssl = static_cast<SSL_CTX*>(tls);
  if (SSL_CTX_load_verify_file(ssl, exchange.options.ca_file.c_str()) == 1) return CURLE_OK;
  exchange.ca_file_unusable = true;
  return CURLE_SSL_CACERT_BADFILE;
}

bool HoldsControl(std::string_view text) noexcept {
  return std::ranges::any_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  });
}

void Append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  if (!list) list.reset(longer);  // Further ones leave the head where it is.
}

Result<List> FormatHeaders(const ClientRequest& request) {
  List list;
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || HoldsControl(name) || name.find(':') != std::string::npos) {
      return Error{ErrorKind::kInvalid, "request header with an invalid name"};
    }
    if (HoldsControl(value)) {
      return Error{ErrorKind::kInvalid, fmt::format("request header {}: invalid character", name)};
    }
    // "Name;" is libcurl's way to send an empty one; "Name:" would remove it.
    Append(list, value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  }
  // libcurl would wait a second for a 100 that many servers never send, and claim a form.
  if (HeaderValue(request.headers, "Expect").empty()) Append(list, "Expect:");
  if (HeaderValue(request.headers, "Content-Type").empty()) Append(list, "Content-Type:");
  return list;
}

void SetMethod(CURL* easy, const ClientRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(
        easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size())
    );
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void SetLimits(CURL* easy, const ClientRequest& request) {
  const auto timeout = std::max(request.timeout, std::chrono::milliseconds{1});
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(
      easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(timeout, kConnectTimeout).count())
  );
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kSlowBytesPerSecond);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kSlowSeconds);
}

void SetTrust(CURL* easy, Exchange& exchange) {
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  // A proxy from the environment would be asked instead of the address we checked.
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &exchange);
  if (!exchange.options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, AddCertificates);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &exchange);
  }
}

void SetUp(CURL* easy, Exchange& exchange, curl_slist* headers, char* error_text) {
  curl_easy_reset(easy);  // Keeps connections, names and TLS sessions.
  curl_easy_setopt(easy, CURLOPT_URL, exchange.request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, exchange.options.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // All that libcurl can undo.
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text);
  SetMethod(easy, exchange.request);
  SetLimits(easy, exchange.request);
  SetTrust(easy, exchange);
}

/// Runs the transfer until it is over or `stop`; then CURLE_ABORTED_BY_CALLBACK.
CURLcode Drive(const Line& line, const std::stop_token& stop) {
  CURLM* multi = line.multi.get();
  if (curl_multi_add_handle(multi, line.easy.get()) != CURLM_OK) return CURLE_FAILED_INIT;
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  {
    const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
    int running = 1;
    while (!stop.stop_requested()) {
      if (curl_multi_perform(multi, &running) != CURLM_OK) code = CURLE_FAILED_INIT;
      if (running == 0 || code == CURLE_FAILED_INIT) break;
      constexpr int kPollMs = 1000;  // libcurl shortens it to its own next deadline.
      curl_multi_poll(multi, nullptr, 0, kPollMs, nullptr);
    }
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi, &left);
    if (message != nullptr && message->msg == CURLMSG_DONE) code = message->data.result;
  }
  curl_multi_remove_handle(multi, line.easy.get());
  return code;
}

Error Explain(
    CURLcode code, const Exchange& exchange, const std::string& shown, std::string_view text
) {
  const std::string doing = fmt::format("{} {}", exchange.request.method, shown);
  if (exchange.over_limit) {
    return {
        ErrorKind::kInvalid,
        fmt::format("{}: body over the limit of {} bytes", doing, exchange.request.max_body_bytes)
    };
  }
  if (exchange.ca_file_unusable) {
    return {
        ErrorKind::kInvalid,
        fmt::format("{}: ca_file {} holds no usable certificate", doing, exchange.options.ca_file)
    };
  }
  if (!exchange.refused_address.empty() && !exchange.address_allowed) {
    return {
        ErrorKind::kInvalid,
        fmt::format(
            "{}: address {} is not public; fix: for sources in your own network set "
            "PULSE_ALLOW_PRIVATE_SOURCES=1",
            doing,
            exchange.refused_address
        )
    };
  }
  std::string why{text.empty() ? curl_easy_strerror(code) : text};
  if (IsTrustError(code)) why += "; fix: add the CA with PULSE_CA_FILE=FILE.pem";
  if (code == CURLE_ABORTED_BY_CALLBACK) why = "cancelled";
  return {KindOfTransferError(code), doing + ": " + why};
}

ClientResponse TakeResponse(CURL* easy, Exchange& exchange) {
  ClientResponse response;
  long status = 0;
  curl_off_t micros = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &micros);
  response.status = static_cast<int>(status);
  response.elapsed = std::chrono::milliseconds{micros / 1000};
  constexpr int kLastResponse = -1;
  curl_header* header = nullptr;
  while ((header = curl_easy_nextheader(easy, CURLH_HEADER, kLastResponse, header)) != nullptr) {
    response.headers.emplace_back(header->name, header->value);
  }
  response.body = std::move(exchange.body);
  return response;
}

class CurlClient final : public Client {
 public:
  explicit CurlClient(ClientOptions options) : options_(std::move(options)) {}
  ~CurlClient() override {
    const SigpipeBlocked sigpipe;  // Closing TLS connections says goodbye.
    idle_.With([](std::vector<Line>& idle) { idle.clear(); });
  }

  Result<ClientResponse> Send(const ClientRequest& request, std::stop_token stop) override {
    PULSE_TRY(const std::string shown, CheckUrl(request.url));
    PULSE_TRY(const List headers, FormatHeaders(request));
    const SigpipeBlocked sigpipe;
    Exchange exchange{.request = request, .options = options_};
    std::array<char, CURL_ERROR_SIZE> error_text{};
    // After what it points at: after a failure it is not kept, and ends first.
    Line line = TakeLine();
    if (!line.easy || !line.multi) return Error{ErrorKind::kInternal, "libcurl gave no handle"};
    exchange.easy = line.easy.get();
    SetUp(line.easy.get(), exchange, headers.get(), error_text.data());
    const CURLcode code = Drive(line, stop);
    if (code != CURLE_OK) return Explain(code, exchange, shown, error_text.data());
    ClientResponse response = TakeResponse(line.easy.get(), exchange);
    KeepLine(std::move(line));
    return response;
  }

 private:
  // The last one used first: its connection is the least likely to have been closed meanwhile.
  Line TakeLine() {
    Line line = idle_.With([](std::vector<Line>& idle) {
      if (idle.empty()) return Line{};
      Line taken = std::move(idle.back());
      idle.pop_back();
      return taken;
    });
    if (line.easy) return line;
    line = Line{.multi = Multi(curl_multi_init()), .easy = Easy(curl_easy_init())};
    if (line.multi) curl_multi_setopt(line.multi.get(), CURLMOPT_MAXCONNECTS, kConnectionsPerLine);
    return line;
  }

  void KeepLine(Line line) {
    curl_easy_reset(line.easy.get());  // Its options point into a frame that is about to end.
    idle_.With([&line](std::vector<Line>& idle) {
      if (idle.size() < kMaxPooledLines) idle.push_back(std::move(line));
    });
  }

  const ClientOptions options_;
  Guarded<std::vector<Line>> idle_;
};

}  // namespace

std::unique_ptr<Client> NewClient(ClientOptions options) {
  return std::make_unique<CurlClient>(std::move(options));
}

}  // namespace pulse::http
