#pragma once

/// \file
/// PublishLink: the publishing connection. Thread-safe.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pulse/queue/amqp/link.h"

namespace pulse::queue::amqp {

struct Outgoing {
  std::string queue;
  std::string body;
  std::string message_id = {};      ///< Empty: none.
  std::string refused_reason = {};  ///< Empty: none; else the header "x-refused-reason".
};

class PublishLink final : public Link::Handler {
 public:
  PublishLink(AmqpOptions options, BrokerAddress address);

  /// Returns once all are confirmed and none came back. Errors: kUnavailable, at latest after
  /// `confirm_timeout`; some may have been stored.
  Result<> Publish(std::vector<Outgoing> messages);

  /// The broker's reason while it takes no publishes.
  std::optional<std::string> blocked() const;
  /// A queue that stored nothing of what was sent to it last: it has no leader, or is full. Nothing
  /// when there is none.
  std::optional<std::string> deaf() const;

  Result<> OnConnected(Session& session) override;
  Result<> OnFrame(Session& session, const amqp_frame_t& frame) override;
  Result<Link::Time> Work(Session& session) override;
  void OnLost(const Error& why) override;

 private:
  /// What one caller waits for.
  struct Batch {
    std::vector<Outgoing> messages;
    std::size_t sent = 0;
    std::size_t confirmed = 0;
    std::optional<Result<>> outcome = {};
  };
  using BatchPtr = std::shared_ptr<Batch>;  // Shared: the caller may give up before the link does.

  struct Sent {
    BatchPtr batch;
    std::size_t index = 0;
    const std::string& queue() const { return batch->messages[index].queue; }
  };

  void NoticeBlocking(Session& session);
  Result<> NoticeStall();
  BatchPtr FrontToSend();
  Result<> Send(Session& session, const BatchPtr& batch);
  void Confirmed(std::uint64_t tag, bool multiple, bool stored);
  void Returned(std::string_view tag);
  void FailAll(const Error& why);
  void Settle(Batch& batch, Result<> outcome);  // mutex_ held

  const AmqpOptions options_;

  mutable std::mutex mutex_;  // Guards the next six and every batch.
  std::condition_variable settled_;
  std::deque<BatchPtr> waiting_;  ///< Not wholly sent.
  std::optional<std::string> blocked_;
  std::string last_error_ = "no connection yet";
  bool stalled_ = false;        ///< Something was sent and not confirmed in time.
  std::set<std::string> deaf_;  ///< Queues that did not store what came last.

  // The link's thread only.
  std::map<std::uint64_t, Sent> in_flight_;
  std::uint64_t next_tag_ = 1;
  std::string returned_;  ///< Why the message came back whose header comes next.
  bool declare_again_ = false;

  Link link_;  // Last: its thread uses all the others.
};

}  // namespace pulse::queue::amqp
