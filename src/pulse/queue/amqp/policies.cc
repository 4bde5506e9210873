#include "pulse/queue/amqp/policies.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "pulse/base/base64.h"
#include "pulse/http/server.h"

namespace pulse::queue::amqp {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kTimeout{10};

std::string Escaped(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '.' || c == '+' || c == '*' || c == '?' || c == '(' || c == ')' || c == '[' ||
        c == ']' || c == '{' || c == '}' || c == '^' || c == '$' || c == '|' || c == '\\') {
      pattern += '\\';
    }
    pattern += c;
  }
  return pattern;
}

std::vector<PolicyStatus> Wanted(const AmqpOptions& options) {
  std::string stages;
  for (const model::Stage stage : model::kStages) {
    stages += (stages.empty() ? "(" : "|") + std::string(model::Name(stage));
  }
  const std::string queues = "^" + Escaped(options.queue_prefix) + stages + ")";
  const std::string suffix = options.queue_prefix == "etl." ? "" : "-" + options.queue_prefix;
  return {
      {.name = "pulse-rings" + suffix,
       .pattern = queues + "$",
       .definition = json{{"max-length", kMaxRings}, {"overflow", "reject-publish"}}.dump()},
      {.name = "pulse-dead-letters" + suffix,
       .pattern = queues + "\\.dlq$",
       .definition = json{{"max-length", kMaxDeadLetters}, {"overflow", "drop-head"}}.dump()},
  };
}

/// The management API of one virtual host.
class Management {
 public:
  Management(const BrokerAddress& address, std::string url, http::Client& client)
      : url_(std::move(url) + "/api/policies/" + http::PercentEncode(address.vhost) + "/"),
        credential_("Basic " + EncodeBase64(address.user + ":" + address.password)),
        client_(client) {}

  Result<http::ClientResponse> Call(std::string method, const std::string& name, std::string body) {
    http::ClientRequest request{
        .method = std::move(method),
        .url = url_ + http::PercentEncode(name),
        .headers = {{"Authorization", credential_}, {"Content-Type", "application/json"}},
        .body = std::move(body),
        .timeout = kTimeout,
    };
    PULSE_TRY(auto answer, client_.Send(request, {}));
    if (answer.status == 401 || answer.status == 403) {
      return Error{
          ErrorKind::kUnauthorized,
          "the management API refuses this user; fix: rabbitmqctl set_user_tags USER policymaker"
      };
    }
    if (answer.status >= 400 && answer.status != 404) {
      return Error{
          ErrorKind::kUnavailable,
          "the management API answered " + std::to_string(answer.status) + " to " + request.method
      };
    }
    return answer;
  }

 private:
  std::string url_;
  std::string credential_;
  http::Client& client_;
};

PolicyStatus::State Compare(const http::ClientResponse& answer, const PolicyStatus& wanted) {
  if (answer.status == 404) return PolicyStatus::State::kMissing;
  const json found = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  const bool equal = found.is_object() && found.value("pattern", "") == wanted.pattern &&
                     found.value("apply-to", "") == "queues" &&
                     found.value("definition", json()) == json::parse(wanted.definition);
  return equal ? PolicyStatus::State::kGood : PolicyStatus::State::kOtherwise;
}

}  // namespace

std::string ManagementUrlOf(const BrokerAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + address.host + "]" : address.host;
  return address.tls ? "https://" + host + ":15671" : "http://" + host + ":15672";
}

Result<std::vector<PolicyStatus>> SyncPolicies(
    const AmqpOptions& options,
    const std::string& management_url,
    http::Client& client,
    ApplyPolicies apply
) {
  PULSE_TRY(const BrokerAddress address, ParseBrokerUrl(options.url));
  Management management(address, management_url, client);
  std::vector<PolicyStatus> policies = Wanted(options);
  for (PolicyStatus& policy : policies) {
    PULSE_TRY(const auto answer, management.Call("GET", policy.name, ""));
    policy.state = Compare(answer, policy);
    if (apply == ApplyPolicies::kNo || policy.state == PolicyStatus::State::kGood) continue;
    const json body = {
        {"pattern", policy.pattern},
        {"definition", json::parse(policy.definition)},
        {"priority", 0},
        {"apply-to", "queues"},
    };
    PULSE_CHECK(management.Call("PUT", policy.name, body.dump()));
  }
  return policies;
}

}  // namespace pulse::queue::amqp
