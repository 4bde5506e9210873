#include "report.h"

#include "exit_code.h"
#include <nlohmann/json.hpp>

namespace pulse::app {
namespace {

std::string_view TitleOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return "Not valid";
    case ErrorKind::kNotFound:
      return "Not found";
    case ErrorKind::kConflict:
      return "Conflict";
    case ErrorKind::kUnauthorized:
      return "The source refused the credential";
    case ErrorKind::kRateLimited:
      return "Rate limited";
    case ErrorKind::kUnavailable:
      return "Not reachable";
    case ErrorKind::kTimeout:
      return "Timed out";
    case ErrorKind::kCancelled:
      return "Interrupted";
    case ErrorKind::kInternal:
      break;
  }
  return "Internal error";
}

}  // namespace

std::string ErrorLine(const Error& error) {
  std::string out = "pulse: ";
  for (const char c : error.message()) {
    out += c;
    if (c == '\n') out += "pulse: ";
  }
  return out + "\n";
}

std::string ProblemJson(const Error& error) {
  nlohmann::ordered_json problem = {
      {"type", "urn:pulse:problem:" + std::string(CodeOf(error.kind()))},
      {"title", TitleOf(error.kind())},
      {"status", HttpStatusOf(error.kind())},
      {"detail", error.message()},
      {"code", CodeOf(error.kind())},
      {"retryable", Retryable(error.kind())},
  };
  if (const auto wait = error.retry_after()) problem["retry_after_ms"] = wait->count();
  return problem.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace pulse::app
