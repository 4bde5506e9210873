#pragma once

/// \file
/// Who owns the pipeline of an embedded database, and how the others reach it.
///
/// One process at a time holds DBFILE.lock (flock; the kernel frees it when the process dies) and
/// listens on DBFILE.sock (mode 0600). Others write their job into the ledger in a short
/// transaction, ring the socket and follow: the owner answers every change of the ledger with a
/// byte. The bytes carry nothing; whoever gets one looks into the ledger. When the owner goes, its
/// sockets close, and a follower tries to become the owner.

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "pulse/base/error.h"

namespace pulse::control {

/// Holds the lock and the listening socket. `on_ring` is called from its thread for every ring.
class Ownership {
 public:
  virtual ~Ownership() = default;  ///< Closes the socket, then frees the lock.
  /// Tells every follower that the ledger changed. At most ten bytes a second reach each of them;
  /// the last change is never swallowed. Thread-safe.
  virtual void Announce() = 0;
};

/// Nothing when another process owns it: not an error. Errors: kUnavailable (the directory cannot
/// be written), kInvalid (the path is too long for a socket: at most 100 bytes).
Result<std::unique_ptr<Ownership>> TryOwn(
    const std::string& database_path, std::function<void()> on_ring
);

/// A follower's line to the owner. Not thread-safe.
class Line {
 public:
  virtual ~Line() = default;
  /// Tells the owner that new work is in the ledger.
  virtual Result<> Ring() = 0;
  /// Waits for the next change. Errors: kUnavailable (the owner is gone), kCancelled (`stop`).
  virtual Result<> Wait(const std::stop_token& stop) = 0;
};

/// Errors: kUnavailable (nobody listens).
Result<std::unique_ptr<Line>> CallOwner(const std::string& database_path);

}  // namespace pulse::control
