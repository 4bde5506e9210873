#include <algorithm>
#include <iterator>

#include "pulse/source/census.h"
#include "pulse/source/github/listing.h"

namespace pulse::source::github {
namespace {

bool Wants(const FetchRequest& request, std::string_view entity_type) {
  if (request.entity_type != kSync) return request.entity_type == entity_type;
  const auto& asked = request.options.entities;
  return asked.empty() || std::ranges::find(asked, entity_type) != asked.end();
}

/// Makes one repository's steps, or proves that there is nothing to read.
class Planner {
 public:
  Planner(const FetchRequest& request, bool rest, EpochMs started, Fetched& out)
      : request_(request), rest_(rest), started_(started), out_(out) {}

  Result<> Plan(const ListedRepository& listed) {
    PULSE_CHECK(PlanEntity(kPrs, listed.repository, listed.prs));
    // A review comment moves its pull request's time of update.
    PULSE_CHECK(PlanEntity(kReviewComments, listed.repository, listed.prs));
    // By the newest change among the twenty created last.
    PULSE_CHECK(PlanEntity(kDeployments, listed.repository, listed.deployments));
    PULSE_CHECK(PlanEntity(kReleases, listed.repository, listed.releases));
    if (rest_) PULSE_CHECK(PlanEntity(kIssueComments, listed.repository, {}));
    return {};
  }

 private:
  Result<> PlanEntity(
      std::string_view entity_type, const Repository& repository, const Newest& newest
  ) {
    if (!Wants(request_, entity_type)) return {};
    PULSE_TRY(const auto until, StopTime(request_, entity_type, repository.id));
    const bool nothing_moved = until && newest.at.value_or(0) < *until;
    if (newest.known && (newest.count == 0 || nothing_moved)) {
      if (!until && entity_type != kReviewComments) out_.census[std::string(entity_type)] += 0;
      ProposeWindow(request_, entity_type, repository.id, until, started_, out_);
      return {};
    }
    Step step;
    step.repository = repository;
    step.rest = rest_;
    out_.next.push_back({model::Stage::kExtract, std::string(entity_type), step.ToJson()});
    return {};
  }

  const FetchRequest& request_;
  bool rest_;
  EpochMs started_;
  Fetched& out_;
};

struct Listed {
  Listing listing;
  bool rest = false;
};

/// GraphQL unless told otherwise; REST too where there is no GraphQL to be found.
Result<Listed> List(FetchRequest request, const Step& step, Api& api) {
  request.entity_type = kRepositories;
  const RepositoryScope scope = ScopeOf(request.integration, request.options, step);
  if (!step.rest && !WantsRest(request.integration)) {
    auto listing = ListByGraphql(request, scope, step, api);
    const bool found = listing && !(listing->repositories.empty() && !listing->gaps.empty());
    if (found) return Listed{*std::move(listing), false};
    if (!listing && listing.error().kind() != ErrorKind::kNotFound) return listing.error();
  }
  PULSE_TRY(Listing listing, ListByRest(request, scope, step, api));
  return Listed{std::move(listing), true};
}

void AddNextPage(
    const FetchRequest& request, const Step& step, const Listed& listed, Fetched& out
) {
  if (!listed.listing.more) return;
  Step next = step;
  next.rest = listed.rest;
  next.cursor = listed.listing.next_cursor;
  next.page = step.page + 1;
  out.next.push_back({model::Stage::kExtract, request.entity_type, next.ToJson()});
}

Result<> AddRepositoryPages(
    const FetchRequest& request, const Step& step, Listed& listed, Fetched& out
) {
  if (!Wants(request, kRepositories)) return {};
  Step page_step = step;
  page_step.rest = listed.rest;
  FetchRequest as_repositories = request;
  as_repositories.entity_type = kRepositories;
  for (Listing::Body& body : listed.listing.bodies) {
    if (body.ids.empty()) continue;
    out.pages.push_back(
        MakePage(as_repositories, page_step, kRepositories, body.ids, std::move(body.text))
    );
    out.pages.back().record_count = static_cast<int>(body.ids.size());
    PULSE_TRY(const auto absent, AbsentOf(request, kRepositories, body.ids));
    out.pages.back().keep_equal = !absent.empty();
  }
  if (step.page != 0) return {};
  PULSE_TRY(const auto until, StopTime(request, kRepositories, ""));
  if (!until && listed.listing.total)
    out.census[std::string(kRepositories)] = *listed.listing.total;
  if (step.only.empty())
    ProposeWindow(request, kRepositories, "", until, listed.listing.started, out);
  return {};
}

}  // namespace

Result<Fetched> FetchRepositories(const FetchRequest& request, const Step& step, Api& api) {
  auto listed = List(request, step, api);
  if (!listed) return std::move(listed).error().While("list repositories");
  Fetched out = std::move(listed->listing.aside);
  std::ranges::move(listed->listing.gaps, std::back_inserter(out.gaps));
  Planner planner(request, listed->rest, listed->listing.started, out);
  for (const ListedRepository& repository : listed->listing.repositories) {
    PULSE_CHECK(planner.Plan(repository));
  }
  AddNextPage(request, step, *listed, out);
  PULSE_CHECK(AddRepositoryPages(request, step, *listed, out));
  const bool census = TakesCensus(request.options) && step.only.empty() && step.page == 0;
  if (census && (Wants(request, kPrs) || Wants(request, kRepositories))) {
    Step first;
    first.rest = listed->rest;
    first.census.emplace();
    out.next.push_back({model::Stage::kExtract, request.entity_type, first.ToJson()});
  }
  return out;
}

}  // namespace pulse::source::github
