#include "pulse/control/order.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace pulse::control {
namespace {

using nlohmann::json;

// Longer than any name of ours, short enough for a table.
constexpr std::size_t kMaxEntityTypeBytes = 100;
// Jira refuses longer ones.
constexpr std::size_t kMaxQueryBytes = 10'000;

Error NoOrder(std::string_view why) {
  return Error{ErrorKind::kInvalid, "not an order: " + std::string(why)};
}

/// 0 when it is absent or no whole number above 0.
std::int64_t IdIn(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return 0;
  return std::max<std::int64_t>(found->get<std::int64_t>(), 0);
}

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxEntityTypeBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// Values are repeated to people; nested ones by their kind only, since they may be nested without
/// end.
json Shown(const json& value) {
  if (value.is_structured()) return value.type_name();
  if (value.is_string() && value.get_ref<const std::string&>().size() > kMaxQueryBytes) {
    return "a string of " + std::to_string(value.get_ref<const std::string&>().size()) + " bytes";
  }
  return value;
}

std::string Requested(const json& message) {
  json shown = json::object();
  for (const char* name : {"tenant_id", "entity_type", "integration_id"}) {
    if (message.contains(name)) shown[name] = Shown(message[name]);
  }
  const auto payload = message.find("payload");
  if (payload != message.end()) {
    if (payload->is_object())
      shown["payload"] = json::object();
    else
      shown["payload"] = Shown(*payload);
    for (const char* name : {"jql", "query", "batch_size"}) {
      if (payload->is_object() && payload->contains(name)) {
        shown["payload"][name] = Shown((*payload)[name]);
      }
    }
  }
  return shown.dump(-1, ' ', false, json::error_handler_t::replace);
}

struct Wrong {
  std::string reason;
  std::string message;
};

std::optional<Wrong> ReadQuery(const json& payload, const char* name, std::string& into) {
  const auto found = payload.find(name);
  if (found == payload.end() || found->is_null()) return std::nullopt;
  const std::string field = std::string("payload.") + name;
  if (!found->is_string()) return Wrong{field + "_invalid", field + " must be a string"};
  into = found->get<std::string>();
  if (into.size() > kMaxQueryBytes) {
    return Wrong{
        field + "_invalid", field + " is longer than " + std::to_string(kMaxQueryBytes) + " bytes"
    };
  }
  if (HasControls(into)) return Wrong{field + "_invalid", field + " has control characters"};
  return std::nullopt;
}

std::optional<Wrong> ReadPayload(const json& message, Order& order) {
  const auto payload = message.find("payload");
  if (payload == message.end() || payload->is_null()) return std::nullopt;
  if (!payload->is_object()) return Wrong{"payload_invalid", "payload must be an object"};
  if (auto wrong = ReadQuery(*payload, "jql", order.jql)) return wrong;
  if (auto wrong = ReadQuery(*payload, "query", order.query)) return wrong;
  const auto batch = payload->find("batch_size");
  if (batch != payload->end() && !batch->is_null() && IdIn(*payload, "batch_size") == 0) {
    return Wrong{"payload.batch_size_invalid", "payload.batch_size must be a whole number above 0"};
  }
  return std::nullopt;
}

std::optional<Wrong> ReadRest(const json& message, Order& order) {
  order.integration = IntegrationId(IdIn(message, "integration_id"));
  if (!message.contains("integration_id")) {
    return Wrong{"integration_id_missing", "integration_id is missing"};
  }
  if (!order.integration) {
    return Wrong{"integration_id_invalid", "integration_id must be a whole number above 0"};
  }
  if (!IsName(order.entity_type)) {
    return Wrong{"unknown_entity_type", "entity_type is no name of an entity type"};
  }
  return ReadPayload(message, order);
}

}  // namespace

Result<std::variant<Order, Refusal>> ParseOrder(std::string_view body) {
  const json message = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!message.is_object()) return NoOrder("no JSON object");
  Order order;
  order.tenant = TenantId(IdIn(message, "tenant_id"));
  if (!order.tenant) return NoOrder("no tenant_id (a whole number above 0)");
  const auto type = message.find("entity_type");
  if (type == message.end() || !type->is_string()) return NoOrder("no entity_type (a string)");
  order.entity_type = type->get<std::string>();
  order.requested = Requested(message);
  const auto wrong = ReadRest(message, order);
  if (!wrong) return std::variant<Order, Refusal>(std::move(order));
  return std::variant<Order, Refusal>(Refusal{
      .tenant = order.tenant,
      .entity_type = IsName(order.entity_type) ? order.entity_type : "unreadable",
      .reason = wrong->reason,
      .message = wrong->message,
      .requested = order.requested,
  });
}

std::string DetailsOf(const Refusal& refusal, std::string_view message_id) {
  json details = {
      {"reason", refusal.reason},
      {"message", refusal.message},
      {"requested", json::parse(refusal.requested, nullptr, /*allow_exceptions=*/false)},
  };
  if (!message_id.empty()) details["message_id"] = message_id;
  return details.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace pulse::control
