#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pulse/base/clock.h"
#include "pulse/base/hash.h"
#include "pulse/simulate/api.h"
#include "pulse/simulate/credential.h"
#include "pulse/simulate/faults.h"
#include "pulse/simulate/github_answer.h"
#include "pulse/simulate/github_budget.h"
#include "pulse/simulate/github_files.h"
#include "pulse/simulate/github_graphql.h"
#include "pulse/simulate/github_rest.h"
#include "pulse/simulate/github_world.h"
#include "pulse/simulate/simulator.h"

namespace pulse::simulate {
namespace github {
namespace {

constexpr std::string_view kEnterprisePrefix = "/api/v3";

class GithubApi final : public Api {
 public:
  GithubApi(std::unique_ptr<Data> data, const FaultPlan& faults, std::int64_t points_per_hour)
      : data_(std::move(data)),
        faults_(faults),
        budget_(points_per_hour),
        graphql_(*data_, faults_, budget_),
        rest_(*data_) {}

  http::Response Handle(const http::Request& request) override {
    const Credential credential = CredentialOf(request);
    if (credential == Credential::kNone) return Refusal(401, "Requires authentication");
    if (credential == Credential::kInvalid) return Refusal(401, "Bad credentials");
    if (credential == Credential::kForbidden) {
      return Refusal(403, "Resource not accessible by personal access token");
    }
    if (faults_.Strikes(Fault::kSecondaryLimit)) return SecondaryLimit();
    const auto caller = http::HeaderValue(request.headers, "Authorization");
    const bool graphql = request.path == "/graphql" || request.path == "/api/graphql";
    if (graphql && request.method == "POST") {
      return graphql_.Handle(request.body, caller, clock_.Now());
    }
    if (graphql || request.method != "GET") return Refusal(404, "Not Found");
    return HandleRest(request, caller);
  }

  std::string RecordsJson() const override {
    std::int64_t pulls = 0;
    for (const Repository& repository : data_->repositories())
      pulls += data_->PullCount(repository);
    return fmt::format(
        R"("github_repositories":{},"github_prs":{},"github_bad_prs":{})",
        data_->repositories().size(),
        pulls,
        data_->BrokenPulls()
    );
  }

  /// {"hide_repositories": ["acme/shop"], "show_repositories": […]}
  Result<> Edit(std::string_view text) override {
    const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return Error{ErrorKind::kInvalid, "an edit is a JSON object"};
    for (const auto& [what, names] : json.items()) {
      const bool hide = what == "hide_repositories";
      if (!hide && what != "show_repositories") {
        return Error{ErrorKind::kInvalid, "no edit is called " + what};
      }
      for (const auto& name : names) {
        PULSE_TRY(const Repository* repository, Named(name));
        data_->SetHidden(*repository, hide);
      }
    }
    return {};
  }

  std::int64_t points() const override { return graphql_.points(); }

 private:
  Result<const Repository*> Named(const nlohmann::json& name) const {
    const std::string full_name = name.is_string() ? name.get<std::string>() : "";
    for (const Repository& repository : data_->repositories()) {
      if (repository.full_name == full_name) return &repository;
    }
    return Error{ErrorKind::kInvalid, "no repository " + full_name};
  }

  static http::Response SecondaryLimit() {
    http::Response response = Refusal(
        403,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    );
    response.headers.emplace_back("Retry-After", "1");
    return response;
  }

  http::Response HandleRest(const http::Request& request, std::string_view caller) {
    std::string_view path = request.path;
    const bool enterprise = path.starts_with(kEnterprisePrefix);
    if (enterprise) path.remove_prefix(kEnterprisePrefix.size());
    if (path.ends_with('/')) path.remove_suffix(1);
    if (path == "/rate_limit") return RateLimit(caller);

    RestCall call;
    call.base = fmt::format(
        "http://{}{}",
        http::HeaderValue(request.headers, "Host"),
        enterprise ? kEnterprisePrefix : ""
    );
    call.path = http::PercentDecode(path);
    call.query = request.query;
    const EpochMs now = clock_.Now();
    if (budget_.Look(caller, Resource::kCore, now).remaining == 0) return OutOfBudget(caller, now);
    http::Response response = rest_.Handle(call);
    const bool unchanged = Validate(request, response);
    // An answer of "not modified" is free.
    const Standing standing = budget_.Charge(caller, Resource::kCore, unchanged ? 0 : 1, now);
    AppendRateHeaders(standing, Resource::kCore, response.headers);
    return response;
  }

  http::Response OutOfBudget(std::string_view caller, EpochMs now) {
    http::Response response = Refusal(403, "API rate limit exceeded for user ID 900001.");
    AppendRateHeaders(
        budget_.Look(caller, Resource::kCore, now), Resource::kCore, response.headers
    );
    return response;
  }

  /// Adds the entity tag; turns the response into a 304 when the client has that version.
  static bool Validate(const http::Request& request, http::Response& response) {
    if (response.status != 200) return false;
    const std::string tag = fmt::format("W/\"{}\"", ContentFingerprint(response.body));
    response.headers.emplace_back("ETag", tag);
    if (http::HeaderValue(request.headers, "If-None-Match") != tag) return false;
    response.status = 304;
    response.body.clear();
    return true;
  }

  http::Response RateLimit(std::string_view caller) {
    const EpochMs now = clock_.Now();
    const auto part = [&](Resource resource) {
      const Standing standing = budget_.Look(caller, resource, now);
      return fmt::format(
          R"({{"limit":{},"used":{},"remaining":{},"reset":{}}})",
          standing.limit,
          standing.used,
          standing.remaining,
          standing.reset_at / 1000
      );
    };
    const std::string core = part(Resource::kCore);
    http::Response response = JsonAnswer(
        200,
        fmt::format(
            R"({{"resources":{{"core":{},"graphql":{},"search":{}}},"rate":{}}})",
            core,
            part(Resource::kGraphql),
            core,
            core
        )
    );
    AppendRateHeaders(
        budget_.Look(caller, Resource::kCore, now), Resource::kCore, response.headers
    );
    return response;
  }

  std::unique_ptr<Data> data_;
  const FaultPlan& faults_;
  SystemClock clock_;  // Budgets run on real time: clients wait until their reset.
  Budget budget_;
  Graphql graphql_;
  Rest rest_;
};

}  // namespace
}  // namespace github

Result<std::unique_ptr<Api>> NewGithubApi(const SimulateOptions& options, const FaultPlan& faults) {
  github::FileDataOptions files{
      options.github_pr_files,
      options.github_review_files,
      options.github_pr_commit_files,
      options.github_issue_comment_files,
      options.github_review_comment_files
  };
  std::unique_ptr<github::Data> data;
  if (files.any()) {
    PULSE_TRY(data, github::NewFileData(files));
  } else {
    github::WorldDataOptions world;
    world.world = {options.seed, options.issues, options.now};
    world.prs = options.prs;
    world.faults = &faults;
    data = github::NewWorldData(world);
  }
  return std::unique_ptr<Api>(
      std::make_unique<github::GithubApi>(std::move(data), faults, options.github_points_per_hour)
  );
}

}  // namespace pulse::simulate
