#pragma once

/// \file
/// How many crashes of its worker a step is allowed. A crash is rarely the fault of all the steps
/// the worker held, so suspects are first tried apart, and only then parked.

namespace pulse::store {

inline constexpr int kCrashesInCompany = 3;  ///< From here on a step is claimed alone.
inline constexpr int kCrashesAllowed = 6;    ///< From here on it is parked in quarantine.

}  // namespace pulse::store
