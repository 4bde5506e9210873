#include "pulse/http/address.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace pulse::http {
namespace {

struct Range4 {
  std::array<std::uint8_t, 4> base;
  int bits;
};

constexpr std::array kSpecial4 = {
    Range4{{0, 0, 0, 0}, 8},         // this network; Linux routes it to loopback
    Range4{{10, 0, 0, 0}, 8},        // private
    Range4{{100, 64, 0, 0}, 10},     // shared by carriers
    Range4{{127, 0, 0, 0}, 8},       // loopback
    Range4{{168, 63, 129, 16}, 32},  // Azure's host: metadata and secrets behind a public number
    Range4{{169, 254, 0, 0}, 16},    // link-local, cloud metadata
    Range4{{172, 16, 0, 0}, 12},     // private
    Range4{{192, 0, 0, 0}, 24},      // protocol assignments
    Range4{{192, 0, 2, 0}, 24},      // documentation
    Range4{{192, 88, 99, 0}, 24},    // 6to4 relays, withdrawn
    Range4{{192, 168, 0, 0}, 16},    // private
    Range4{{198, 18, 0, 0}, 15},     // benchmarking
    Range4{{198, 51, 100, 0}, 24},   // documentation
    Range4{{203, 0, 113, 0}, 24},    // documentation
    Range4{{224, 0, 0, 0}, 4},       // multicast
    Range4{{240, 0, 0, 0}, 4},       // reserved, broadcast
};

constexpr std::uint32_t Number(const std::array<std::uint8_t, 4>& bytes) noexcept {
  return (std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) |
         (std::uint32_t{bytes[2]} << 8U) | std::uint32_t{bytes[3]};
}

bool IsPublic4(std::uint32_t address) noexcept {
  return std::ranges::none_of(kSpecial4, [address](const Range4& range) {
    return (address ^ Number(range.base)) >> (32 - range.bits) == 0;
  });
}

using Bytes6 = std::array<std::uint8_t, 16>;

struct Range6 {
  Bytes6 base;
  int bits;
};

constexpr Range6 kGlobalUnicast{{0x20}, 3};
constexpr Range6 kMapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
constexpr Range6 kNat64{{0x00, 0x64, 0xff, 0x9b}, 96};
constexpr Range6 k6to4{{0x20, 0x02}, 16};
constexpr std::array kSpecialIn2000 = {
    Range6{
        {0x20, 0x01, 0x00, 0x00}, 23
    },  // protocol assignments, Teredo and benchmarking among them
    Range6{{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    Range6{{0x3f, 0xff, 0x00, 0x00}, 20},  // documentation
};

bool Contains(const Range6& range, const Bytes6& address) noexcept {
  for (int bit = 0; bit < range.bits; bit += 8) {
    const auto i = static_cast<std::size_t>(bit / 8);
    const auto mask = static_cast<std::uint8_t>(0xff00U >> std::min(8, range.bits - bit));
    if (((range.base[i] ^ address[i]) & mask) != 0) return false;
  }
  return true;
}

std::uint32_t Embedded4(const Bytes6& address, std::size_t at) noexcept {
  return Number({address[at], address[at + 1], address[at + 2], address[at + 3]});
}

// Everything outside 2000::/3 is special today (loopback, fc00::/7, fe80::/10, ff00::/8, ...).
bool IsPublic6(const Bytes6& address) noexcept {
  if (Contains(kMapped, address) || Contains(kNat64, address))
    return IsPublic4(Embedded4(address, 12));
  if (Contains(k6to4, address)) return IsPublic4(Embedded4(address, 2));
  if (!Contains(kGlobalUnicast, address)) return false;
  return std::ranges::none_of(kSpecialIn2000, [&](const Range6& range) {
    return Contains(range, address);
  });
}

}  // namespace

bool IsPublicAddress(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    return IsPublic4(ntohl(in.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    Bytes6 bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return IsPublic6(bytes);
  }
  return false;
}

std::string AddressText(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const char* shown = nullptr;
  if (address.sa_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    shown = inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
  } else if (address.sa_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
    shown = inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
  }
  return shown != nullptr ? shown : fmt::format("family {}", address.sa_family);
}

}  // namespace pulse::http
