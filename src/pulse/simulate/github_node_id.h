#pragma once

/// \file
/// NodeId: the generated world's global ids. Opaque to clients, they carry where the object is, so
/// that node(id:) needs no index: prefix `_kwDO` + base64url of (repository, number, child).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::simulate::github {

struct NodeId {
  std::string_view prefix;       ///< `PR`, `PRRT`, `R`, `IC`, … as GitHub's ids begin.
  std::uint32_t repository = 0;  ///< Position of the repository; below 256.
  std::uint32_t number = 0;      ///< Of the pull request, deployment, …
  std::uint32_t child = 0;       ///< Position of the child in its list; below 2^24.
};

std::string FormatNodeId(const NodeId& id);

/// Nothing for ids of another form. `prefix` views `text`.
std::optional<NodeId> ParseNodeId(std::string_view text);

}  // namespace pulse::simulate::github
