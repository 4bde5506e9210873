#include "pulse/queue/amqp/message.h"

#include <nlohmann/json.hpp>

#include "pulse/queue/amqp/amqp_queue.h"

namespace pulse::queue::amqp {
namespace {

std::int64_t PositiveOf(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return 0;
  return found->get<std::int64_t>();
}

}  // namespace

std::string EncodeRing(const Ring& ring) {
  return R"({"v":1,"tenant_id":)" + std::to_string(ring.tenant.value()) + R"(,"step_id":)" +
         std::to_string(ring.step.value()) + "}";
}

Parsed ParseMessage(
    model::Stage stage, std::string_view body, std::size_t body_bytes, std::string_view message_id
) {
  if (body_bytes > kMaxBodyBytes) {
    return Unreadable{
        "a body of " + std::to_string(body_bytes) + " bytes; the limit is " +
        std::to_string(kMaxBodyBytes) + " (cut here)"
    };
  }
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && PositiveOf(json, "v") == 1) {
    const Ring ring{
        .tenant = TenantId(PositiveOf(json, "tenant_id")),
        .step = StepId(PositiveOf(json, "step_id")),
        .stage = stage,
    };
    if (ring.tenant.value() > 0 && ring.step.value() > 0) return ring;
  }
  if (stage == model::Stage::kExtract) {
    return ForeignMessage{.body = std::string(body), .message_id = std::string(message_id)};
  }
  return Unreadable{"not a ring: orders from other programs belong on the extract queue"};
}

}  // namespace pulse::queue::amqp
