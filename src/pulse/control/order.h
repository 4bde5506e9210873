#pragma once

/// \file
/// Order: what another program asks for with a message on etl.extract. The grammar, for those who
/// write such messages, is docs/reference/messages.md. Pure: whether tenant and integration exist
/// is orders.h's question.

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"

namespace pulse::control {

struct Order {
  TenantId tenant;
  IntegrationId integration;
  std::string entity_type;
  std::string jql;    ///< Jira's query language; empty: none.
  std::string query;  ///< Any provider's; empty: none.
  /// What was asked for, as a JSON object: the fields above, nothing else of the message.
  std::string requested;
};

/// An order that names a tenant and an entity type and cannot be carried out all the same.
struct Refusal {
  TenantId tenant;
  std::string entity_type;  ///< Printable; "unreadable" when the message's is not.
  std::string reason;       ///< Constant: "integration_id_missing", …
  std::string message;      ///< One line for people.
  std::string requested;    ///< As in Order.
};

/// Error: kInvalid (no JSON object, or one without a tenant_id and an entity_type: nobody could be
/// told about it).
Result<std::variant<Order, Refusal>> ParseOrder(std::string_view body);

/// What is stored as error_details: {"reason", "message", "requested", "message_id"}.
std::string DetailsOf(const Refusal& refusal, std::string_view message_id);

}  // namespace pulse::control
