#include "pulse/source/jira/fetch_issues.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <unordered_set>

#include "pulse/base/hash.h"
#include "pulse/model/json_text.h"
#include "pulse/source/jira/id_list.h"
#include "pulse/source/jira/issue_chain.h"
#include "pulse/source/jira/transform_issue.h"

namespace pulse::source::jira {
namespace {

/// A step goes on to the next call of its chain while the source answers fast: pages that are
/// committed together cost one commit. A slow source's steps have one page: the longer a step
/// takes, the likelier it is the one that crashes meet again and again.
constexpr std::chrono::milliseconds kStepTime{40};
constexpr std::size_t kPagesPerStep = 8;
constexpr std::size_t kBytesPerStep = std::size_t{2} * 1024 * 1024;

std::string JsonArray(std::span<const std::string> ids) {
  std::string json = "[";
  for (const std::string& id : ids) {
    if (json.size() > 1) json += ',';
    model::AppendJsonString(json, id);
  }
  return json += ']';
}

Call IssuesCall(const SyncContext& context, std::span<const std::string> ids) {
  std::string body = "{";
  body.append(kIssueFields).append(R"(,"expand":["changelog"],)");
  if (context.deployment == Deployment::kCloud) {
    body += R"("issueIdsOrKeys":)" + JsonArray(ids) + '}';
    return PostCall(context, "/issue/bulkfetch", std::move(body));
  }
  // An id that is gone by now must not fail the others, hence validateQuery.
  body += R"x("jql":"id in ()x" + JoinIds(ids);
  body += R"x()","startAt":0,"maxResults":)x";
  body += std::to_string(kIssuesPerCall) + R"(,"validateQuery":false})";
  return PostCall(context, "/search", std::move(body));
}

/// Ids go in as a fingerprint: the same hundred issues asked for again are the same page.
std::string Identity(const SyncContext& context, std::span<const std::string> ids) {
  return R"("mapping":)" + context.mapping.ToJson() + R"(,"ids":")" +
         ContentFingerprint(JoinIds(ids)) + '"';
}

model::NewStep ChainStep(const SyncContext& context, const IssueChain& chain) {
  return {
      .entity_type = std::string(kIssuesEntity),
      .params = StepParams(context, R"("do":"issues",)" + chain.ToMembers())
  };
}

/// Up to 100 ids, the next call's.
std::vector<std::string> FrontOf(const IssueChain& chain) {
  const auto front = std::span(chain.ids).first(std::min(kIssuesPerCall, chain.ids.size()));
  return {front.begin(), front.end()};
}

std::vector<std::string> TakeFront(IssueChain& chain) {
  std::vector<std::string> front = FrontOf(chain);
  chain.ids.erase(chain.ids.begin(), chain.ids.begin() + std::ssize(front));
  return front;
}

/// The rest of the chain, or at its end what it gathered.
void Continue(const SyncContext& context, const IssueChain& chain, Fetched& fetched) {
  if (!chain.ids.empty()) {
    fetched.next.push_back(ChainStep(context, chain));
    return;
  }
  AppendHistorySteps(context, chain.histories, fetched.next);
  AppendListSteps(context, chain.lists, fetched.next);
}

std::vector<std::string> Unanswered(std::span<const std::string> asked, const IssuePage& page) {
  const std::unordered_set<std::string> answered(page.ids.begin(), page.ids.end());
  std::vector<std::string> missing;
  std::copy_if(asked.begin(), asked.end(), std::back_inserter(missing), [&](const std::string& id) {
    return !answered.contains(id);
  });
  return missing;
}

/// Settles the ids a page left out: gone ones leave the census, and when some exist after all the
/// step is tried again, until they become a gap. A record that is no JSON excuses one id.
Result<> SettleMissing(
    const StepAtWork& step,
    std::span<const std::string> asked,
    const IssuePage& page,
    Fetched& fetched
) {
  const std::vector<std::string> missing = Unanswered(asked, page);
  const auto excused = static_cast<std::size_t>(page.broken);
  if (missing.size() <= excused) return {};
  // One too many is enough to try again; only the last try has to know them all.
  const std::size_t enough = step.last_attempt() ? missing.size() : excused + 1;
  PULSE_TRY(const std::vector<std::string> existing, StillThere(step, missing, enough));
  if (existing.size() > excused && !step.last_attempt()) {
    return Error{
        ErrorKind::kUnavailable,
        "the source left out issues that exist, e.g. issue " + existing.front()
    };
  }
  const auto gone = static_cast<std::int64_t>(missing.size() - existing.size());
  if (gone > 0) fetched.census[std::string(kIssuesEntity)] -= gone;
  if (existing.size() <= excused) return {};
  fetched.gaps.push_back(
      {std::string(kIssuesEntity),
       "issues " + JoinIds(existing),
       "exist, but are left out of every answer"}
  );
  return {};
}

store::NewRawPage RawPage(
    const StepAtWork& step,
    const Call& call,
    std::span<const std::string> asked,
    Answer answer,
    int records
) {
  const std::string identity = Identity(step.context, asked);
  return NewPage(step, call, kIssuesEntity, identity, std::move(answer), records);
}

/// A page that stayed undecodable is kept as failed and its issues become a gap; the chain goes on.
Fetched GiveUpPage(
    const StepAtWork& step,
    const Call& call,
    Answer answer,
    const Error& error,
    std::span<const std::string> asked,
    const IssueChain& rest
) {
  Fetched fetched;
  store::NewRawPage page = RawPage(step, call, asked, std::move(answer), 0);
  std::string details = R"({"error":)";
  model::AppendJsonString(details, error.message());
  page.error_details = details + R"(,"issues":)" + JsonArray(asked) + '}';
  fetched.pages.push_back(std::move(page));
  fetched.gaps.push_back({std::string(kIssuesEntity), "issues " + JoinIds(asked), error.message()});
  Continue(step.context, rest, fetched);
  return fetched;
}

bool IsThisPagesFault(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
      return true;
    default:
      return false;
  }
}

/// A page the source keeps refusing leaves its chain, so that it takes nobody along: it is tried
/// on as a step of its own, and so is the rest.
Fetched Detach(const StepAtWork& step, std::vector<std::string> asked, const IssueChain& rest) {
  Fetched fetched;
  fetched.next.push_back(ChainStep(step.context, {std::move(asked), {}, {}, rest.keep}));
  fetched.next.push_back(ChainStep(step.context, rest));
  return fetched;
}

template <class T>
void Append(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// Adds a page that was read, and what it tells of its issues.
void TakePage(
    Deployment deployment,
    store::NewRawPage raw,
    IssuePage page,
    IssueChain& chain,
    Fetched& fetched
) {
  raw.keep_equal = chain.keep;
  fetched.pages.push_back(std::move(raw));
  if (deployment == Deployment::kCloud) {
    Append(chain.histories, std::move(page.histories));
  }
  Append(chain.lists, std::move(page.lists));
}

int RecordsIn(const IssuePage& page) { return static_cast<int>(page.ids.size()) + page.broken; }

bool HasRoom(const Fetched& fetched) {
  std::size_t bytes = 0;
  for (const store::NewRawPage& page : fetched.pages) bytes += page.body.size();
  return fetched.pages.size() < kPagesPerStep && bytes < kBytesPerStep;
}

/// One more page of the chain, if there is one and the source answers as it should. Whatever else
/// it answers is the business of the next step, which begins with the same page.
bool TakeNextPage(const StepAtWork& step, IssueChain& chain, Fetched& fetched) {
  if (chain.ids.empty()) return false;
  const std::vector<std::string> asked = FrontOf(chain);
  const Call call = IssuesCall(step.context, asked);
  auto answer = step.transport.Send(call);
  if (!answer) return false;
  auto page = ReadIssuePage(answer->body);
  if (!page || !Unanswered(asked, *page).empty()) return false;
  TakeFront(chain);
  auto raw = RawPage(step, call, asked, *std::move(answer), RecordsIn(*page));
  TakePage(step.context.deployment, std::move(raw), *std::move(page), chain, fetched);
  return true;
}

}  // namespace

Result<std::vector<std::string>> StillThere(
    const StepAtWork& step, std::span<const std::string> ids, std::size_t enough
) {
  std::vector<std::string> existing;
  for (const std::string& id : ids) {
    if (existing.size() == enough) break;
    const Call call = GetCall(step.context, "/issue/{id}", "/issue/" + id + "?fields=id");
    const auto answer = step.transport.Send(call);
    if (answer) {
      existing.push_back(id);
    } else if (answer.error().kind() != ErrorKind::kNotFound) {
      return answer.error();
    }
  }
  return existing;
}

Result<Fetched> FetchIssues(const StepAtWork& step) {
  const auto enough = std::chrono::steady_clock::now() + kStepTime;
  IssueChain chain = IssueChain::FromParams(step.params);
  std::vector<std::string> asked = TakeFront(chain);
  const Call call = IssuesCall(step.context, asked);
  auto answer = step.transport.Send(call);
  if (!answer && step.last_attempt() && !chain.ids.empty() && IsThisPagesFault(answer.error())) {
    return Detach(step, std::move(asked), chain);
  }
  if (!answer) return std::move(answer).error();
  auto page = ReadIssuePage(answer->body);
  if (!page) {
    const Error error = Undecodable(call, *answer, page.error());
    if (!step.last_attempt()) return error;
    return GiveUpPage(step, call, *std::move(answer), error, asked, chain);
  }

  Fetched fetched;
  PULSE_CHECK(SettleMissing(step, asked, *page, fetched));
  auto raw = RawPage(step, call, asked, *std::move(answer), RecordsIn(*page));
  TakePage(step.context.deployment, std::move(raw), *std::move(page), chain, fetched);
  while (HasRoom(fetched) && std::chrono::steady_clock::now() < enough) {
    if (!TakeNextPage(step, chain, fetched)) break;
  }
  Continue(step.context, chain, fetched);
  return fetched;
}

}  // namespace pulse::source::jira
