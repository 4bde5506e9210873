#pragma once

/// \file
/// The types this store speaks, by their fixed numbers (src/include/catalog/pg_type.dat).

namespace pulse::store::postgres {

using Oid = unsigned;

inline constexpr Oid kBool = 16;
inline constexpr Oid kBytea = 17;
inline constexpr Oid kInt8 = 20;
inline constexpr Oid kInt2 = 21;
inline constexpr Oid kInt4 = 23;
inline constexpr Oid kText = 25;
inline constexpr Oid kOid = 26;
inline constexpr Oid kJson = 114;
inline constexpr Oid kJsonArray = 199;
inline constexpr Oid kFloat4 = 700;
inline constexpr Oid kFloat8 = 701;
inline constexpr Oid kBoolArray = 1000;
inline constexpr Oid kByteaArray = 1001;
inline constexpr Oid kTextArray = 1009;
inline constexpr Oid kInt8Array = 1016;
inline constexpr Oid kFloat8Array = 1022;
inline constexpr Oid kDate = 1082;
inline constexpr Oid kTimestamp = 1114;
inline constexpr Oid kDateArray = 1182;
inline constexpr Oid kTimestamptz = 1184;
inline constexpr Oid kTimestamptzArray = 1185;
inline constexpr Oid kNumeric = 1700;

}  // namespace pulse::store::postgres
