#include "pulse/queue/amqp/address.h"

#include <gtest/gtest.h>

namespace pulse::queue::amqp {
namespace {

BrokerAddress Parse(std::string_view url) {
  auto address = ParseBrokerUrl(url);
  EXPECT_TRUE(address) << url << ": " << address.error().message();
  return address ? *address : BrokerAddress{};
}

TEST(BrokerUrl, SaysWhereAndAsWhom) {
  const BrokerAddress address = Parse("amqp://pulse:s%2Fcret@mq.example:5673/prod%2Fa");

  EXPECT_FALSE(address.tls);
  EXPECT_EQ(address.host, "mq.example");
  EXPECT_EQ(address.port, 5673);
  EXPECT_EQ(address.user, "pulse");
  EXPECT_EQ(address.password, "s/cret");
  EXPECT_EQ(address.vhost, "prod/a");
}

TEST(BrokerUrl, LeavesOutWhatIsUsual) {
  const BrokerAddress plain = Parse("amqp://localhost");
  EXPECT_EQ(plain.port, 5672);
  EXPECT_EQ(plain.user, "guest");
  EXPECT_EQ(plain.vhost, "/");

  const BrokerAddress tls = Parse("amqps://u:p@[::1]/");
  EXPECT_TRUE(tls.tls);
  EXPECT_EQ(tls.host, "::1");
  EXPECT_EQ(tls.port, 5671);
  EXPECT_EQ(tls.vhost, "/");
}

TEST(BrokerUrl, SplitsAtTheLastAtSign) {
  const BrokerAddress address = Parse("amqp://u:p@ss@mq");
  EXPECT_EQ(address.password, "p@ss");
  EXPECT_EQ(address.host, "mq");
}

TEST(BrokerUrl, RefusesWhatItCannotReadAndNeverRepeatsIt) {
  for (const char* url :
       {"",
        "mq",
        "http://mq",
        "amqp://",
        "amqp://:5672",
        "amqp://secret@",
        "amqp://u:secret@mq:port",
        "amqp://u:secret@mq:0",
        "amqp://u:secret@mq:70000",
        "amqp://u:secret@mq:",
        "amqp://u:secret%zz@mq",
        "amqp://u:secret%2@mq",
        "amqp://u:secret@[::1",
        "amqp://u:secret@[::1]5672",
        "amqp://u:secret@mq/a/b",
        "amqp://u:secret@mq/a?b"}) {
    const auto refused = ParseBrokerUrl(url);
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid) << url;
    EXPECT_EQ(refused.error().message().find("secret"), std::string::npos) << url;
  }
}

TEST(BrokerUrl, ShowsPeopleNoCredential) {
  EXPECT_EQ(Parse("amqp://u:secret@mq:5673/prod").Place(), "mq:5673/prod");
}

}  // namespace
}  // namespace pulse::queue::amqp
