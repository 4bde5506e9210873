#include "pulse/resilience/breaker.h"

#include <algorithm>
#include <utility>

namespace pulse::resilience {
namespace {

using std::chrono::milliseconds;

Error Refusal(std::string_view why, std::chrono::steady_clock::duration wait) {
  // Rounded up, so that asking again after it succeeds.
  const auto ms = std::chrono::ceil<milliseconds>(wait);
  return Error{ErrorKind::kUnavailable, std::string(why)}.RetryAfter(std::max(ms, milliseconds(1)));
}

}  // namespace

Breaker::Pass::Pass(Pass&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)), era_(other.era_), id_(other.id_) {}

Breaker::Pass& Breaker::Pass::operator=(Pass&& other) noexcept {
  std::swap(breaker_, other.breaker_);
  std::swap(era_, other.era_);
  std::swap(id_, other.id_);
  return *this;
}

Breaker::Pass::~Pass() {
  if (breaker_ != nullptr) breaker_->Report(era_, id_, Outcome::kUnknown);
}

void Breaker::Pass::Succeeded() {
  if (Breaker* breaker = std::exchange(breaker_, nullptr)) {
    breaker->Report(era_, id_, Outcome::kSuccess);
  }
}

void Breaker::Pass::Failed() {
  if (Breaker* breaker = std::exchange(breaker_, nullptr)) {
    breaker->Report(era_, id_, Outcome::kFailure);
  }
}

Breaker::Breaker(BreakerPolicy policy, SteadyNow now) : policy_(policy), now_(std::move(now)) {}

Result<Breaker::Pass> Breaker::Admit() {
  const TimePoint now = now_();
  return book_.With([&](Book& book) -> Result<Pass> {
    LetTimePass(book, now);
    if (book.state == BreakerState::kOpen) {
      return Refusal(
          "circuit open after too many failures", book.opened_at + policy_.open_for - now
      );
    }
    const std::uint64_t id = ++book.last_id;
    if (book.state == BreakerState::kHalfOpen) {
      const auto under_way = static_cast<int>(book.probes_out.size()) + book.probes_succeeded;
      if (under_way >= policy_.probes) {
        return Refusal("circuit half-open, waiting for its probes", std::chrono::seconds(1));
      }
      book.probes_out.push_back({.id = id, .deadline = now + policy_.probe_timeout});
    }
    return Pass(this, book.era, id);
  });
}

BreakerState Breaker::state() const {
  const TimePoint now = now_();
  return book_.With([&](Book& book) {
    LetTimePass(book, now);
    return book.state;
  });
}

void Breaker::LetTimePass(Book& book, TimePoint now) const {
  if (book.state == BreakerState::kHalfOpen) {
    // Probes start in order, so the first one out is the first one late.
    if (!book.probes_out.empty() && book.probes_out.front().deadline <= now) {
      Enter(book, BreakerState::kOpen, book.probes_out.front().deadline);
    }
  }
  if (book.state == BreakerState::kOpen && now >= book.opened_at + policy_.open_for) {
    Enter(book, BreakerState::kHalfOpen, now);
  }
}

void Breaker::Report(std::uint64_t era, std::uint64_t id, Outcome outcome) {
  const TimePoint now = now_();
  book_.With([&](Book& book) {
    LetTimePass(book, now);
    if (era != book.era) return;
    if (book.state == BreakerState::kHalfOpen) {
      std::erase_if(book.probes_out, [id](const Probe& probe) { return probe.id == id; });
      if (outcome == Outcome::kFailure) return Enter(book, BreakerState::kOpen, now);
      if (outcome == Outcome::kSuccess && ++book.probes_succeeded >= policy_.probes) {
        Enter(book, BreakerState::kClosed, now);
      }
      return;
    }
    if (outcome != Outcome::kUnknown) Count(book, outcome == Outcome::kFailure, now);
  });
}

void Breaker::Count(Book& book, bool failure, TimePoint now) const {
  if (book.failed.size() < static_cast<std::size_t>(policy_.window)) {
    book.failed.push_back(failure);
  } else {
    book.failures -= book.failed[book.oldest] ? 1 : 0;
    book.failed[book.oldest] = failure;
    book.oldest = (book.oldest + 1) % book.failed.size();
  }
  book.failures += failure ? 1 : 0;

  const auto calls = static_cast<int>(book.failed.size());
  if (failure && calls >= policy_.minimum && book.failures >= policy_.failure_rate * calls) {
    Enter(book, BreakerState::kOpen, now);
  }
}

void Breaker::Enter(Book& book, BreakerState state, TimePoint at) const {
  book = Book{.state = state, .era = book.era + 1, .last_id = book.last_id, .opened_at = at};
}

}  // namespace pulse::resilience
