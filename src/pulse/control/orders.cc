#include "pulse/control/orders.h"

#include <utility>

namespace pulse::control {
namespace {

Refusal RefusalOf(const Order& order, std::string_view reason, std::string message) {
  return {
      .tenant = order.tenant,
      .entity_type = order.entity_type,
      .reason = std::string(reason),
      .message = std::move(message),
      .requested = order.requested,
  };
}

}  // namespace

Result<std::optional<model::Step>> Orders::Accept(
    const queue::ForeignMessage& message, const pipeline::Begins& begins
) {
  PULSE_TRY(auto parsed, ParseOrder(message.body));
  std::optional<Refusal> refusal;
  if (auto* unreadable = std::get_if<Refusal>(&parsed)) {
    refusal = std::move(*unreadable);
  } else {
    PULSE_TRY(refusal, Check(std::get<Order>(parsed)));
  }
  if (!refusal) return Submit(std::get<Order>(parsed), message, begins);
  PULSE_CHECK(Refuse(*refusal, message));
  return std::nullopt;
}

Result<std::optional<Refusal>> Orders::Check(const Order& order) {
  const source::Connector* connector = source::ConnectorFor(connectors_, order.entity_type);
  if (connector == nullptr) {
    return RefusalOf(order, "unknown_entity_type", "there is no entity type " + order.entity_type);
  }
  const auto integration = IntegrationOf(order);
  if (!integration) {
    if (integration.error().kind() != ErrorKind::kNotFound) return integration.error();
    return RefusalOf(
        order,
        "integration_not_found",
        "tenant " + std::to_string(order.tenant.value()) + " has no integration " +
            std::to_string(order.integration.value())
    );
  }
  if (integration->provider != connector->provider()) {
    return RefusalOf(
        order,
        "entity_type_of_another_provider",
        order.entity_type + " cannot come from integration " + integration->name + " (" +
            integration->provider + ")"
    );
  }
  // A filter that is not understood must not turn into a copy of everything.
  if (!order.jql.empty() && integration->provider != "jira") {
    return RefusalOf(order, "payload.jql_invalid", "payload.jql is for Jira; use payload.query");
  }
  if (!order.jql.empty() && !order.query.empty() && order.jql != order.query) {
    return RefusalOf(
        order, "payload.query_invalid", "payload.jql and payload.query say different things"
    );
  }
  return std::optional<Refusal>();
}

Result<model::Integration> Orders::IntegrationOf(const Order& order) {
  const std::pair key{order.tenant, order.integration};
  if (auto known = recent_.Find(key)) return *std::move(known);
  PULSE_TRY(auto integration, store_.catalog().GetIntegration(order.tenant, order.integration));
  recent_.Keep(key, integration);
  return integration;
}

Result<std::optional<model::Step>> Orders::Submit(
    const Order& order, const queue::ForeignMessage& message, const pipeline::Begins& begins
) {
  store::JobRequest request;
  request.integration = order.integration;
  request.job_type = order.entity_type;
  request.priority = model::Priority::kScheduled;  // A person who waits goes first.
  request.options.entities = {order.entity_type};
  request.options.query = order.jql.empty() ? order.query : order.jql;
  request.root = {model::Stage::kExtract, order.entity_type, "{}"};
  request.exclusive = false;
  request.claimed_by = begins(order.tenant);
  if (!message.message_id.empty()) request.idempotency_key = "message:" + message.message_id;
  auto submitted = store_.jobs().Submit(order.tenant, request);
  if (!submitted) {
    if (submitted.error().kind() != ErrorKind::kNotFound) return submitted.error();
    // Removed since we looked.
    const std::string& why = submitted.error().message();
    PULSE_CHECK(Refuse(RefusalOf(order, "integration_not_found", why), message));
    return std::nullopt;
  }
  if (!submitted->attached && !submitted->root) store_.changes().Announce();
  return std::move(submitted->root);
}

Result<> Orders::Refuse(const Refusal& refusal, const queue::ForeignMessage& message) {
  const std::string details = DetailsOf(refusal, message.message_id);
  const auto recorded =
      store_.raw_pages().RecordRefusal(refusal.tenant, refusal.entity_type, details);
  if (recorded) return {};
  if (recorded.error().kind() != ErrorKind::kNotFound) return recorded.error();
  logger_.Log(
      telemetry::Level::kWarn,
      "Order for an unknown tenant",
      {{"tenant_id", refusal.tenant}, {"message_id", message.message_id}}
  );
  return store_.catalog().Audit(
      {.tenant = refusal.tenant, .actor = "queue", .action = "order.refuse", .detail = details}
  );
}

}  // namespace pulse::control
