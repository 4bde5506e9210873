#pragma once

/// \file
/// A simulated Jira called without sockets, for the tests of this module.

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "pulse/simulate/api.h"
#include "pulse/simulate/faults.h"
#include "pulse/simulate/simulator.h"

namespace pulse::simulate {

struct SiteAnswer {
  int status = 0;
  std::string body;
  nlohmann::json json;  ///< Discarded when the body is no JSON.
};

class TestSite {
 public:
  explicit TestSite(SimulateOptions options) {
    faults_ = FaultPlan::Make(options.seed, options.faults).value();
    api_ = NewJiraApi(options, *faults_).value();
  }

  SiteAnswer Get(const std::string& target, const std::string& authorization = kGood) {
    return Call("GET", target, "", authorization);
  }
  SiteAnswer Post(const std::string& target, const nlohmann::json& body) {
    return Call("POST", target, body.dump(), kGood);
  }
  SiteAnswer Call(
      const std::string& method,
      const std::string& target,
      const std::string& body,
      const std::string& authorization
  ) {
    http::Request request;
    request.method = method;
    request.target = target;
    const std::string_view view = request.target;
    const std::size_t mark = std::min(view.size(), view.find('?'));
    request.path = view.substr(0, mark);
    request.query = view.substr(std::min(view.size(), mark + 1));
    request.body = body;
    if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    http::Response response = api_->Handle(request);
    return {response.status, response.body, nlohmann::json::parse(response.body, nullptr, false)};
  }

  Api& api() { return *api_; }

  static constexpr const char* kGood = "Basic YUBiLmM6dG9rZW4=";         // a@b.c:token
  static constexpr const char* kInvalid = "Basic YUBiLmM6aW52YWxpZA==";  // a@b.c:invalid
  static constexpr const char* kForbidden = "Bearer forbidden";

 private:
  std::unique_ptr<FaultPlan> faults_;
  std::unique_ptr<Api> api_;
};

}  // namespace pulse::simulate
