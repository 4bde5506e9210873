#include "pulse/queue/amqp/ack_window.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace pulse::queue::amqp {
namespace {

using Acks = AckWindow::Acks;

bool operator==(const Acks& a, const Acks& b) { return a.tag == b.tag && a.multiple == b.multiple; }

AckWindow Delivered(std::uint64_t tags) {
  AckWindow window;
  for (std::uint64_t tag = 1; tag <= tags; ++tag) window.Delivered(tag);
  return window;
}

TEST(AckWindow, SettlesARunWithOneAck) {
  AckWindow window = Delivered(5);
  for (const std::uint64_t tag : {2, 1, 3}) window.Ack(tag);

  EXPECT_EQ(window.pending(), 3U);
  const auto acks = window.Take();

  ASSERT_EQ(acks.size(), 1U);
  EXPECT_TRUE(acks[0] == (Acks{3, true}));
  EXPECT_EQ(window.pending(), 0U);
  EXPECT_TRUE(window.Take().empty());
}

TEST(AckWindow, AcksOneByOneBehindADeliveryThatIsHeld) {
  AckWindow window = Delivered(4);
  window.Ack(1);
  window.Ack(3);
  window.Ack(4);

  const auto acks = window.Take();

  ASSERT_EQ(acks.size(), 3U);
  EXPECT_TRUE(acks[0] == (Acks{1, true}));
  EXPECT_TRUE(acks[1] == (Acks{3, false}));
  EXPECT_TRUE(acks[2] == (Acks{4, false}));
  window.Ack(2);
  const auto last = window.Take();
  ASSERT_EQ(last.size(), 1U);
  EXPECT_TRUE(last[0] == (Acks{2, true}));
}

TEST(AckWindow, ReachesOverWhatWasGivenBack) {
  AckWindow window = Delivered(3);
  window.GiveBack(2);
  window.Ack(1);
  window.Ack(3);

  const auto acks = window.Take();

  ASSERT_EQ(acks.size(), 1U);
  EXPECT_TRUE(acks[0] == (Acks{3, true}));
}

TEST(AckWindow, IgnoresWhatItDoesNotHold) {
  AckWindow window = Delivered(2);
  window.Ack(7);
  window.GiveBack(1);
  window.Ack(1);

  EXPECT_EQ(window.pending(), 0U);
  EXPECT_TRUE(window.Take().empty());
}

TEST(AckWindow, NeverAcksWhatNobodyAcked) {
  std::mt19937 random(7);
  AckWindow window;
  std::uint64_t delivered = 0;
  std::set<std::uint64_t> held;
  std::set<std::uint64_t> asked;
  std::set<std::uint64_t> at_broker;  // Unacknowledged, as the broker sees it.
  for (int i = 0; i < 20'000; ++i) {
    const auto act = random() % 8;
    if (act < 3 || held.empty()) {
      window.Delivered(++delivered);
      held.insert(delivered);
      at_broker.insert(delivered);
    } else if (act < 7) {
      const auto pick = std::next(held.begin(), static_cast<long>(random() % held.size()));
      if (act == 6) {
        window.GiveBack(*pick);
        at_broker.erase(*pick);
      } else {
        window.Ack(*pick);
        asked.insert(*pick);
      }
      held.erase(pick);
    } else {
      ASSERT_EQ(window.held(), held.size());
      for (const Acks& acks : window.Take()) {
        const auto first = acks.multiple ? at_broker.begin() : at_broker.find(acks.tag);
        ASSERT_NE(first, at_broker.end());
        const auto end = at_broker.upper_bound(acks.tag);
        for (auto tag = first; tag != end; tag = at_broker.erase(tag)) {
          ASSERT_EQ(asked.erase(*tag), 1U) << *tag << " was acked by nobody";
        }
      }
      ASSERT_TRUE(asked.empty()) << "an ack was left behind";
    }
  }
}

}  // namespace
}  // namespace pulse::queue::amqp
