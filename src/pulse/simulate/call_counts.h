#pragma once

/// \file
/// CallCounts: how often each endpoint of the simulated sources was called.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "pulse/base/sync.h"

namespace pulse::simulate {

/// `GET /rest/api/3/issue/{id}/comment`: method and path with ids, keys and names replaced, so that
/// a million calls stay a handful of counters.
std::string EndpointOf(std::string_view method, std::string_view path);

/// Thread-safe.
class CallCounts {
 public:
  void Count(std::string_view method, std::string_view path);
  std::string Json() const;  ///< {"GET /rest/api/3/myself":1,…}, sorted.

 private:
  Guarded<std::map<std::string, std::int64_t>> counts_;
};

}  // namespace pulse::simulate
