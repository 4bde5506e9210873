#include "pulse/queue/ledger/ledger_queue.h"

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

namespace pulse::queue::ledger {
namespace {

/// The waiting rings of one stage. The only place that knows a condition variable.
class Line {
 public:
  enum class Added : unsigned char { kYes, kAlreadyWaiting, kFull };

  Added Add(const Ring& ring, std::size_t capacity) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.contains(ring.step)) return Added::kAlreadyWaiting;
      if (rings_.size() >= capacity) return Added::kFull;
      waiting_.insert(ring.step);
      rings_.push_back(ring);
    }
    filled_.notify_one();
    return Added::kYes;
  }

  /// Blocks; nothing once `stop` is requested.
  std::optional<Ring> Take(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, stop, [this] { return !rings_.empty(); });
    if (stop.stop_requested()) {
      // This wake-up may have been meant for a consumer that goes on.
      if (!rings_.empty()) filled_.notify_one();
      return std::nullopt;
    }
    const Ring ring = rings_.front();
    rings_.pop_front();
    waiting_.erase(ring.step);
    return ring;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any filled_;
  std::deque<Ring> rings_;
  std::unordered_set<StepId> waiting_;  // Step ids are unique over all tenants: the ledger's key.
};

struct Lines {
  explicit Lines(std::size_t most) : capacity(most) {}
  Line& Of(model::Stage stage) { return lines[static_cast<std::size_t>(stage)]; }

  std::size_t capacity;
  std::array<Line, model::kStages.size()> lines;
};

class LedgerDelivery final : public Delivery {
 public:
  LedgerDelivery(std::shared_ptr<Lines> lines, const Ring& ring)
      : lines_(std::move(lines)), content_(ring) {}
  ~LedgerDelivery() override {
    // A full line, or no memory, forgets it: the dispatcher rings every ready step again.
    if (settled_) return;
    try {
      const Ring& ring = std::get<Ring>(content_);
      lines_->Of(ring.stage).Add(ring, lines_->capacity);
    } catch (const std::exception&) {
      return;
    }
  }
  LedgerDelivery(const LedgerDelivery&) = delete;
  LedgerDelivery& operator=(const LedgerDelivery&) = delete;

  const std::variant<Ring, ForeignMessage>& content() const noexcept override { return content_; }
  Result<> Ack() override {
    settled_ = true;
    return {};
  }
  /// Nobody but the dispatcher can reach this queue: nothing arrives that cannot be parsed.
  Result<> Refuse(std::string_view /*reason*/) override { return Ack(); }

 private:
  std::shared_ptr<Lines> lines_;
  std::variant<Ring, ForeignMessage> content_;
  bool settled_ = false;
};

class LedgerPublisher final : public Publisher {
 public:
  explicit LedgerPublisher(std::shared_ptr<Lines> lines) : lines_(std::move(lines)) {}

  Result<> Publish(std::span<const Ring> rings) override {
    for (const Ring& ring : rings) {
      if (lines_->Of(ring.stage).Add(ring, lines_->capacity) == Line::Added::kFull) {
        return Error{
            ErrorKind::kUnavailable,
            "queue " + std::string(model::QueueName(ring.stage)) + " is full (" +
                std::to_string(lines_->capacity) + " rings)"
        };
      }
    }
    return {};
  }

 private:
  std::shared_ptr<Lines> lines_;
};

class LedgerConsumer final : public Consumer {
 public:
  LedgerConsumer(std::shared_ptr<Lines> lines, model::Stage stage)
      : lines_(std::move(lines)), stage_(stage) {}

  Result<std::unique_ptr<Delivery>> Next(std::stop_token stop) override {
    const std::optional<Ring> ring = lines_->Of(stage_).Take(std::move(stop));
    if (!ring) return Error{ErrorKind::kCancelled, "asked to stop while waiting for a ring"};
    return std::unique_ptr<Delivery>(std::make_unique<LedgerDelivery>(lines_, *ring));
  }

 private:
  std::shared_ptr<Lines> lines_;
  model::Stage stage_;
};

class LedgerQueue final : public Queue {
 public:
  explicit LedgerQueue(std::size_t capacity) : lines_(std::make_shared<Lines>(capacity)) {}

  Result<> Prepare() override { return {}; }
  std::unique_ptr<Publisher> NewPublisher() override {
    return std::make_unique<LedgerPublisher>(lines_);
  }
  std::unique_ptr<Consumer> NewConsumer(model::Stage stage) override {
    return std::make_unique<LedgerConsumer>(lines_, stage);
  }
  Result<std::string> Probe() override { return std::string("in this process"); }

 private:
  // Shared: a worker may drop its last delivery after the queue is gone.
  std::shared_ptr<Lines> lines_;
};

}  // namespace

std::unique_ptr<Queue> NewLedgerQueue(std::size_t capacity) {
  return std::make_unique<LedgerQueue>(capacity);
}

}  // namespace pulse::queue::ledger
