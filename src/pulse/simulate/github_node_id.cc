#include "pulse/simulate/github_node_id.h"

namespace pulse::simulate::github {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kMark = "_kwDO";
constexpr std::size_t kDigits = 11;  // 64 bits in base 64.

}  // namespace

std::string FormatNodeId(const NodeId& id) {
  std::uint64_t bits =
      std::uint64_t{id.repository} << 56 | std::uint64_t{id.number} << 24 | std::uint64_t{id.child};
  std::string text;
  text.reserve(id.prefix.size() + kMark.size() + kDigits);
  text.append(id.prefix).append(kMark);
  for (std::size_t i = 0; i < kDigits; ++i) {
    text += kAlphabet[bits >> 58];
    bits <<= 6;
  }
  return text;
}

std::optional<NodeId> ParseNodeId(std::string_view text) {
  const std::size_t mark = text.find(kMark);
  if (mark == std::string_view::npos || text.size() != mark + kMark.size() + kDigits) {
    return std::nullopt;
  }
  std::uint64_t bits = 0;
  const std::string_view digits = text.substr(mark + kMark.size());
  for (std::size_t i = 0; i < kDigits; ++i) {
    const std::size_t digit = kAlphabet.find(digits[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    // The last digit holds only four bits: 10 * 6 + 4 = 64.
    bits = i + 1 < kDigits ? bits << 6 | digit : bits << 4 | digit >> 2;
  }
  NodeId id;
  id.prefix = text.substr(0, mark);
  id.repository = static_cast<std::uint32_t>(bits >> 56);
  id.number = static_cast<std::uint32_t>(bits >> 24);
  id.child = static_cast<std::uint32_t>(bits & 0xFFFFFF);
  return id;
}

}  // namespace pulse::simulate::github
