#pragma once

/// \file
/// Which network addresses a tenant may make us talk to.

#include <string>

struct sockaddr;

namespace pulse::http {

/// True for globally routable unicast addresses only. False for loopback, private, shared
/// (100.64/10), link-local (cloud metadata lives there), unique-local, documentation, benchmarking,
/// multicast and reserved ranges, for IPv6 forms that embed such an IPv4 address (mapped, NAT64,
/// 6to4), for the one public number behind which a cloud keeps its metadata (Azure's
/// 168.63.129.16), and for every family other than IPv4 and IPv6. Ranges: IANA special-purpose
/// registries, 2024-12.
bool IsPublicAddress(const sockaddr& address) noexcept;

/// "10.0.0.1", "fe80::1"; "family N" for anything else.
std::string AddressText(const sockaddr& address);

}  // namespace pulse::http
