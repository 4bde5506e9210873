#pragma once

/// \file
/// BrokerAddress: a taken-apart amqp:// URL.

#include <string>
#include <string_view>

#include "pulse/base/error.h"

namespace pulse::queue::amqp {

struct BrokerAddress {
  bool tls = false;
  std::string host;
  int port = 5672;
  std::string user = "guest";  ///< RabbitMQ lets it in from its own machine only.
  std::string password = "guest";
  std::string vhost = "/";

  /// For people: no user, no password.
  std::string Place() const;
};

/// Errors: kInvalid; the message repeats nothing of the URL.
Result<BrokerAddress> ParseBrokerUrl(std::string_view url);

}  // namespace pulse::queue::amqp
