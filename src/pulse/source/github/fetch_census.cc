#include <algorithm>
#include <iterator>
#include <map>

#include "pulse/source/census.h"
#include "pulse/source/github/headers.h"
#include "pulse/source/github/judge.h"
#include "pulse/source/github/listing.h"
#include "pulse/source/github/queries.h"
#include "pulse/source/github/rows.h"

namespace pulse::source::github {
namespace {

/// 49 connections of 100: one point.
constexpr std::size_t kRepositoriesPerQuery = 49;
/// REST answers about one repository at a time.
constexpr std::size_t kRestCallsPerStep = 10;
/// Each is a call of its own.
constexpr int kAskedPerStep = 50;

model::NewStep NextOf(const FetchRequest& request, const Step& step) {
  return {model::Stage::kExtract, request.entity_type, step.ToJson()};
}

void AddIds(std::string_view entity_type, std::vector<std::string> ids, Fetched& out) {
  if (!ids.empty()) out.census_ids.push_back({std::string(entity_type), std::move(ids)});
}

Result<Listing> ListRepositories(FetchRequest request, const Step& step, Api& api) {
  request.entity_type = kRepositories;
  const RepositoryScope scope = ScopeOf(request.integration, request.options, step);
  return step.rest ? ListByRest(request, scope, step, api)
                   : ListByGraphql(request, scope, step, api);
}

/// One page of repositories; their pull requests are listed by the steps that follow.
Result<Fetched> ListRepositoryPage(const FetchRequest& request, const Step& step, Api& api) {
  PULSE_TRY(const Listing listing, ListRepositories(request, step, api));
  // A census with a hole in it would call the hole deleted.
  if (!listing.aside.gaps.empty()) {
    Fetched out;
    out.gaps = listing.aside.gaps;
    return out;
  }
  Fetched out;
  Step next = step;
  std::vector<std::string> ids;
  for (const ListedRepository& one : listing.repositories) {
    ids.push_back(one.repository.id);
    if (one.prs.known && one.prs.count == 0) continue;
    next.census->pending.push_back({one.repository, ""});
  }
  AddIds(kRepositories, std::move(ids), out);
  next.census->listed = !listing.more;
  next.cursor = listing.next_cursor;
  next.page = step.page + 1;
  out.next.push_back(NextOf(request, next));
  return out;
}

/// What one repository's page of pull requests says.
struct PrIds {
  std::vector<std::string> ids;
  std::vector<std::string> settled;  ///< Those not updated since the watermark: not read anyway.
  std::string next_cursor;           ///< Empty: that was the last page.
};

/// Pull requests that nobody reads in this job and that have no living row: the repository is read
/// again in full. Nothing to do where the job reads it in full anyway.
Result<> FetchAbsent(
    const FetchRequest& request,
    const Step& step,
    const Repository& repository,
    const PrIds& listed,
    Fetched& out
) {
  if (request.options.full || !request.watermark) return {};
  PULSE_TRY(const auto absent, AbsentOf(request, kPrs, listed.settled));
  if (absent.empty()) return {};
  Step all;
  all.repository = repository;
  all.rest = step.rest;
  all.everything = true;
  out.next.push_back({model::Stage::kExtract, std::string(kPrs), all.ToJson()});
  return {};
}

void Note(
    Value pr, std::string_view updated_field, std::optional<EpochMs> watermark, PrIds& listed
) {
  std::string id = RecordId(pr);
  if (id.empty()) return;
  const auto updated = InstantOf(pr[updated_field]);
  if (watermark && updated && *updated < *watermark) listed.settled.push_back(id);
  listed.ids.push_back(std::move(id));
}

Result<std::optional<EpochMs>> WatermarkOf(
    const FetchRequest& request, const Repository& repository
) {
  if (!request.watermark) return std::optional<EpochMs>();
  return request.watermark(kPrs, repository.id);
}

using Batch = std::vector<Census::Pending>;

/// Asks about all of the batch at once; `lists` gets one entry per repository that answered.
Result<> AskByGraphql(
    const FetchRequest& request,
    std::span<const Census::Pending> batch,
    Api& api,
    std::map<std::string, PrIds>& lists
) {
  Variables variables;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto [owner, name] = SplitName(batch[i].repository.full_name);
    const std::string n = std::to_string(i);
    variables.Text("owner" + n, owner).Text("name" + n, name).Cursor("after" + n, batch[i].cursor);
  }
  const std::string query = ExpandAliases(queries::kPrIds, std::string(batch.size(), 'r'));
  PULSE_TRY(const Answer answer, api.Query(query, variables));
  PULSE_TRY(const auto page, JsonPage::Parse(answer.body));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Value list = page->root()["data"]["r" + std::to_string(i)]["pullRequests"];
    if (!list["nodes"].is_array()) {
      return Error{ErrorKind::kUnavailable, "an answer without a list of pull request ids"};
    }
    PULSE_TRY(const auto watermark, WatermarkOf(request, batch[i].repository));
    PrIds& listed = lists[batch[i].repository.id];
    list["nodes"].ForEach([&](Value pr) { Note(pr, "updatedAt", watermark, listed); });
    if (list["pageInfo"]["hasNextPage"].boolean() != true) continue;
    listed.next_cursor = list["pageInfo"]["endCursor"].text().value_or("");
    if (listed.next_cursor.empty() || listed.next_cursor == batch[i].cursor) {
      return Error{ErrorKind::kUnavailable, "the list of pull request ids repeats its cursor"};
    }
  }
  return {};
}

Result<> AskByRest(
    const FetchRequest& request,
    const Census::Pending& one,
    Api& api,
    std::map<std::string, PrIds>& lists
) {
  const int page = one.cursor.empty() ? 1 : std::stoi(one.cursor);
  const std::string path =
      "/repos/" + EncodeFullName(one.repository.full_name) +
      "/pulls?state=all&sort=created&direction=asc&per_page=" + std::to_string(kRestPage) +
      "&page=" + std::to_string(page);
  PULSE_TRY(const Answer answer, api.Get("/repos/{owner}/{repo}/pulls", path));
  PULSE_TRY(const auto body, JsonPage::Parse(answer.body));
  if (!body->root().is_array()) {
    return Error{ErrorKind::kUnavailable, "an answer without a list of pull requests"};
  }
  PULSE_TRY(const auto watermark, WatermarkOf(request, one.repository));
  PrIds& listed = lists[one.repository.id];
  body->root().ForEach([&](Value pr) { Note(pr, "updated_at", watermark, listed); });
  if (HasNextLink(answer)) listed.next_cursor = std::to_string(page + 1);
  return {};
}

/// A repository that went while it was being listed lists nothing; verification finds it.
Result<> AskAbout(
    const FetchRequest& request,
    const Step& step,
    std::span<const Census::Pending> batch,
    Api& api,
    std::map<std::string, PrIds>& lists
) {
  if (!step.rest) {
    return SendSplitting(
        batch,
        [&](std::span<const Census::Pending> some) {
          return AskByGraphql(request, some, api, lists);
        },
        [](const Census::Pending&, const Error&) {}
    );
  }
  for (const Census::Pending& one : batch) {
    const Result<> asked = AskByRest(request, one, api, lists);
    if (!asked && !IsOutOfReach(asked.error())) return asked;
  }
  return {};
}

/// Pull request ids of the next repositories.
Result<Fetched> ListPrs(const FetchRequest& request, const Step& step, Api& api) {
  const std::size_t most = step.rest ? kRestCallsPerStep : kRepositoriesPerQuery;
  const Batch& pending = step.census->pending;
  const std::size_t count = std::min(most, pending.size());
  const std::span batch(pending.data(), count);
  std::map<std::string, PrIds> lists;
  PULSE_CHECK(AskAbout(request, step, batch, api, lists));

  Fetched out;
  Step next = step;
  next.census->pending.assign(pending.begin() + static_cast<std::ptrdiff_t>(count), pending.end());
  std::vector<std::string> ids;
  for (const Census::Pending& one : batch) {
    const auto listed = lists.find(one.repository.id);
    if (listed == lists.end()) continue;
    PULSE_CHECK(FetchAbsent(request, step, one.repository, listed->second, out));
    std::ranges::copy(listed->second.ids, std::back_inserter(ids));
    if (listed->second.next_cursor.empty()) continue;
    next.census->pending.push_back({one.repository, listed->second.next_cursor});
  }
  AddIds(kPrs, std::move(ids), out);
  out.next.push_back(NextOf(request, next));
  return out;
}

/// Asks for missing records by name, each repository once.
class Verifier {
 public:
  Verifier(Api& api, Fetched& out) : api_(api), out_(out) {}

  Result<> Repository(const store::MissingRow& row) {
    PULSE_TRY(const bool there, Answers(row.locator, row.external_id));
    Settle(kRepositories, row, there, "access_lost");
    return {};
  }

  /// `row.locator` is owner/name#number.
  Result<> PullRequest(const store::MissingRow& row) {
    const std::size_t hash = row.locator.rfind('#');
    const std::string repository = row.locator.substr(0, hash);
    PULSE_TRY(const bool reachable, Answers(repository, ""));
    if (!reachable) {
      Settle(kPrs, row, false, "access_lost");
      return {};
    }
    const std::string number = row.locator.substr(std::min(hash + 1, row.locator.size()));
    const auto answer = api_.Get(
        "/repos/{owner}/{repo}/pulls/{number}",
        "/repos/" + EncodeFullName(repository) + "/pulls/" + number
    );
    if (!answer && !IsOutOfReach(answer.error())) return answer.error();
    const bool refused = !answer && RefusesOnlyThis(answer.error());
    Settle(kPrs, row, answer.has_value(), refused ? "access_lost" : "deleted");
    return {};
  }

 private:
  /// Whether the repository answers, and as the one with that id if one is given: another may have
  /// taken its name.
  Result<bool> Answers(const std::string& name, std::string_view id) {
    const std::string key = name + '#' + std::string(id);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    bool there = false;
    if (name.find('/') != std::string::npos) {
      const auto answer = api_.Get("/repos/{owner}/{repo}", "/repos/" + EncodeFullName(name));
      if (!answer && !IsOutOfReach(answer.error())) return answer.error();
      if (answer) {
        PULSE_TRY(const auto page, JsonPage::Parse(answer->body));
        there = id.empty() || page->root()["id"].id() == id;
      }
    }
    return known_[key] = there;
  }

  /// What is there after all counts as listed; a pull request is read by the pass over everything
  /// that the census made when its repository listed it.
  void Settle(
      std::string_view entity_type,
      const store::MissingRow& row,
      bool there,
      std::string_view reason
  ) {
    if (there) {
      AddIds(entity_type, {row.external_id}, out_);
    } else {
      out_.vanished.push_back({std::string(entity_type), row.external_id, std::string(reason)});
    }
  }

  Api& api_;
  Fetched& out_;
  std::map<std::string, bool> known_;
};

/// Repositories first, then pull requests; each as often as it takes.
Result<Fetched> Verify(const FetchRequest& request, const Step& step, Api& api) {
  Fetched out;
  const bool repositories = step.census->verify == kRepositories;
  Step next = step;
  next.census->believed = true;
  const auto go_on = [&] {
    if (!repositories) return;
    next.census->verify = kPrs;
    next.census->believed = false;
    out.next.push_back(NextOf(request, next));
  };
  if (!request.missing) return out;
  PULSE_TRY(const auto missing, request.missing(step.census->verify, kAskedPerStep));
  if (!missing.rows.empty() && !step.census->believed) {
    if (auto gap = MassVanish(step.census->verify, missing, request.options)) {
      out.gaps.push_back(*std::move(gap));
      go_on();
      return out;
    }
  }
  Verifier verifier(api, out);
  for (const store::MissingRow& row : missing.rows) {
    PULSE_CHECK(repositories ? verifier.Repository(row) : verifier.PullRequest(row));
  }
  if (missing.missing > static_cast<std::int64_t>(missing.rows.size())) {
    out.next.push_back(NextOf(request, next));
  } else {
    go_on();
  }
  return out;
}

}  // namespace

Result<Fetched> FetchCensus(const FetchRequest& request, const Step& step, Api& api) {
  if (!step.census->verify.empty()) return Verify(request, step, api);
  if (!step.census->pending.empty()) return ListPrs(request, step, api);
  if (!step.census->listed) return ListRepositoryPage(request, step, api);
  Step next = step;
  next.census->verify = kRepositories;
  return Verify(request, next, api);
}

}  // namespace pulse::source::github
