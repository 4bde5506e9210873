#include "pulse/http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <gtest/gtest.h>

namespace pulse::http {
namespace {

sockaddr_storage Parse(const char* text) {
  sockaddr_storage storage{};
  auto& in4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (inet_pton(AF_INET, text, &in4.sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
    storage.ss_family = AF_INET6;
  } else {
    ADD_FAILURE() << "not an address: " << text;
  }
  return storage;
}

bool IsPublic(const char* text) {
  const sockaddr_storage storage = Parse(text);
  return IsPublicAddress(reinterpret_cast<const sockaddr&>(storage));
}

TEST(IsPublicAddress, AcceptsTheNeighboursOfEverySpecialRange) {
  for (const char* text :
       {"1.0.0.0",        "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",    "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",
        "172.15.255.255", "172.32.0.0",      "191.255.255.255", "192.0.1.0",       "192.0.3.0",
        "192.88.98.255",  "192.88.100.0",    "192.167.255.255", "192.169.0.0",     "198.17.255.255",
        "198.20.0.0",     "198.51.99.255",   "198.51.101.0",    "203.0.112.255",   "203.0.114.0",
        "223.255.255.255"}) {
    EXPECT_TRUE(IsPublic(text)) << text;
  }
}

TEST(IsPublicAddress, RefusesBothEndsOfEverySpecialRange) {
  for (const char* text :
       {"0.0.0.0",         "0.255.255.255",   "10.0.0.0",        "10.255.255.255",
        "100.64.0.0",      "100.127.255.255", "127.0.0.0",       "127.0.0.1",
        "127.255.255.255", "169.254.0.0",     "169.254.169.254", "169.254.255.255",
        "172.16.0.0",      "172.31.255.255",  "192.0.0.0",       "192.0.0.255",
        "192.0.2.1",       "192.88.99.1",     "192.168.0.0",     "192.168.255.255",
        "198.18.0.0",      "198.19.255.255",  "198.51.100.1",    "203.0.113.1",
        "224.0.0.0",       "239.255.255.255", "240.0.0.0",       "255.255.255.255"}) {
    EXPECT_FALSE(IsPublic(text)) << text;
  }
}

TEST(IsPublicAddress, RefusesAPublicNumberThatIsACloudsOwnHost) {
  EXPECT_FALSE(IsPublic("168.63.129.16"));
  EXPECT_FALSE(IsPublic("::ffff:168.63.129.16"));
  EXPECT_TRUE(IsPublic("168.63.129.15"));
  EXPECT_TRUE(IsPublic("168.63.129.17"));
}

TEST(IsPublicAddress, AcceptsGlobalUnicastIpv6) {
  for (const char* text :
       {"2606:4700:4700::1111", "2001:200::1", "2a00:1450:4001:80b::200e", "3ffe::1", "2001:db7::1"
       }) {
    EXPECT_TRUE(IsPublic(text)) << text;
  }
}

TEST(IsPublicAddress, RefusesSpecialIpv6) {
  for (const char* text :
       {"::",          "::1",          "::2",         "::8.8.8.8", "100::1",  "2001::1",
        "2001:2::1",   "2001:1ff::1",  "2001:db8::1", "3fff::1",   "fc00::1", "fd12:3456::1",
        "fdff:ffff::", "fe80::1",      "febf::1",     "fec0::1",   "ff00::1", "ff02::1",
        "5f00::1",     "64:ff9b:1::1", "1fff::1",     "4000::1"}) {
    EXPECT_FALSE(IsPublic(text)) << text;
  }
}

TEST(IsPublicAddress, JudgesAnEmbeddedIpv4AddressByItself) {
  for (const char* prefix : {"::ffff:", "64:ff9b::"}) {
    EXPECT_TRUE(IsPublic((std::string{prefix} + "8.8.8.8").c_str())) << prefix;
    EXPECT_FALSE(IsPublic((std::string{prefix} + "127.0.0.1").c_str())) << prefix;
    EXPECT_FALSE(IsPublic((std::string{prefix} + "169.254.169.254").c_str())) << prefix;
  }
  EXPECT_TRUE(IsPublic("2002:0808:0808::1"));
  EXPECT_FALSE(IsPublic("2002:7f00:0001::1"));
}

TEST(IsPublicAddress, RefusesOtherFamilies) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_FALSE(IsPublicAddress(reinterpret_cast<const sockaddr&>(local)));
  EXPECT_EQ(AddressText(reinterpret_cast<const sockaddr&>(local)), "family 1");
}

TEST(AddressText, IsTheUsualForm) {
  for (const char* text : {"10.0.0.1", "fe80::1"}) {
    const sockaddr_storage storage = Parse(text);
    EXPECT_EQ(AddressText(reinterpret_cast<const sockaddr&>(storage)), text);
  }
}

}  // namespace
}  // namespace pulse::http
