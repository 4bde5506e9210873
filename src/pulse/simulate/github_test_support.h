#pragma once

/// \file
/// What the tests of the simulated GitHub share: an Api in memory, asked without sockets.

#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include "pulse/http/server.h"
#include "pulse/simulate/api.h"
#include "pulse/simulate/faults.h"
#include "pulse/simulate/simulator.h"

namespace pulse::simulate::github {

using Json = nlohmann::json;

/// A GitHub to ask. Fails the test when it cannot be made.
class TestGithub {
 public:
  explicit TestGithub(SimulateOptions options = {}) {
    auto faults = FaultPlan::Make(options.seed, options.faults);
    EXPECT_TRUE(faults.has_value());
    faults_ = *std::move(faults);
    auto api = NewGithubApi(options, *faults_);
    EXPECT_TRUE(api.has_value()) << (api ? "" : api.error().message());
    api_ = *std::move(api);
  }

  http::Response Send(
      std::string method, std::string target, std::string body = {}, http::Headers headers = {}
  ) {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    const std::string_view all = request.target;
    const std::size_t question = all.find('?');
    request.path = all.substr(0, question);
    if (question != std::string_view::npos) request.query = all.substr(question + 1);
    request.headers = std::move(headers);
    request.headers.emplace_back("Host", "127.0.0.1:4010");
    if (http::HeaderValue(request.headers, "Authorization").empty()) {
      request.headers.emplace_back("Authorization", "Bearer good");
    }
    request.body = std::move(body);
    return api_->Handle(request);
  }

  http::Response Get(std::string target, http::Headers headers = {}) {
    return Send("GET", std::move(target), {}, std::move(headers));
  }
  Json GetJson(std::string target) { return Json::parse(Get(std::move(target)).body); }

  http::Response Query(const std::string& query, const Json& variables = Json::object()) {
    return Send("POST", "/graphql", Json({{"query", query}, {"variables", variables}}).dump());
  }
  Json QueryJson(const std::string& query, const Json& variables = Json::object()) {
    return Json::parse(Query(query, variables).body);
  }

  Api& api() { return *api_; }

 private:
  std::unique_ptr<FaultPlan> faults_;
  std::unique_ptr<Api> api_;
};

inline SimulateOptions WorldOf(std::int64_t prs, std::uint64_t seed = 7) {
  SimulateOptions options;
  options.seed = seed;
  options.issues = 500;
  options.prs = prs;
  return options;
}

inline SimulateOptions WithFault(SimulateOptions options, std::string name, double percent) {
  options.faults.push_back({std::move(name), percent});
  return options;
}

/// A file that is gone after the test.
class TemporaryFile {
 public:
  TemporaryFile(std::string_view name, std::string_view text)
      : path_(
            testing::TempDir() + std::string(name) +
            testing::UnitTest::GetInstance()->current_test_info()->name()
        ) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace pulse::simulate::github
