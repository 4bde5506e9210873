#pragma once

/// \file
/// Answer: the forms GitHub's responses and refusals have.

#include <string>
#include <string_view>

#include "pulse/http/server.h"

namespace pulse::simulate::github {

http::Response JsonAnswer(int status, std::string body);

/// `{"message":…,"documentation_url":…,"status":"404"}`
http::Response Refusal(int status, std::string_view message);

}  // namespace pulse::simulate::github
