#include "pulse/store/postgres/params.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <limits>

#include <simdjson.h>

#include "pulse/model/json_text.h"
#include "pulse/store/postgres/types.h"

namespace pulse::store::postgres {
namespace {

constexpr EpochMs kPostgresEpoch = 946'684'800'000;     // 2000-01-01T00:00:00Z
constexpr EpochMs kFirstInstant = -62'135'596'800'000;  // 0001-01-01T00:00:00.000Z
constexpr EpochMs kLastInstant = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z

// Array header: dimensions, null flag, element type, length, lower bound; 4 bytes each.
constexpr std::size_t kNullFlagAt = 4;
constexpr std::size_t kLengthAt = 12;

/// Network byte order.
template <class Number>
std::array<char, sizeof(Number)> Wire(Number value) {
  using Bits = std::conditional_t<
      sizeof(Number) == 8,
      std::uint64_t,
      std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint8_t>>;
  auto bits = std::bit_cast<Bits>(value);
  std::array<char, sizeof(Number)> out{};
  for (std::size_t i = sizeof(Number); i-- > 0;) {
    out[i] = static_cast<char>(bits & 0xFF);
    bits = static_cast<Bits>(sizeof(Bits) == 1 ? 0 : bits >> 8U);
  }
  return out;
}

template <std::size_t N>
std::string_view View(const std::array<char, N>& bytes) {
  return {bytes.data(), N};
}

Oid ElementType(Element element) {
  switch (element) {
    case Element::kInteger:
      return kInt8;
    case Element::kBoolean:
      return kBool;
    case Element::kReal:
      return kFloat8;
    case Element::kText:
      return kText;
    case Element::kBytes:
      return kBytea;
    case Element::kInstant:
      return kTimestamptz;
    case Element::kDate:
      return kDate;
    case Element::kJson:
      return kJson;
  }
  return kText;
}

Oid ArrayType(Element element) {
  switch (element) {
    case Element::kInteger:
      return kInt8Array;
    case Element::kBoolean:
      return kBoolArray;
    case Element::kReal:
      return kFloat8Array;
    case Element::kText:
      return kTextArray;
    case Element::kBytes:
      return kByteaArray;
    case Element::kInstant:
      return kTimestamptzArray;
    case Element::kDate:
      return kDateArray;
    case Element::kJson:
      return kJsonArray;
  }
  return kTextArray;
}

/// Days since 2000-01-01 of a text that IsCalendarDate.
std::int32_t DaysOf(std::string_view date) {
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) value = value * 10 + (date[i] - '0');
    return value;
  };
  const std::chrono::year_month_day day{
      std::chrono::year(number(0, 4)),
      std::chrono::month(static_cast<unsigned>(number(5, 2))),
      std::chrono::day(static_cast<unsigned>(number(8, 2)))
  };
  constexpr std::chrono::sys_days kZero = std::chrono::year(2000) / std::chrono::January / 1;
  return static_cast<std::int32_t>((std::chrono::sys_days(day) - kZero).count());
}

}  // namespace

std::int64_t ToMicros(EpochMs instant) {
  return (std::clamp(instant, kFirstInstant, kLastInstant) - kPostgresEpoch) * 1000;
}

EpochMs FromMicros(std::int64_t micros) {
  // 'infinity' and '-infinity' are the two ends.
  if (micros == std::numeric_limits<std::int64_t>::max()) return kLastInstant;
  if (micros == std::numeric_limits<std::int64_t>::min()) return kFirstInstant;
  const std::int64_t whole = micros / 1000 - (micros % 1000 < 0 ? 1 : 0);
  return whole + kPostgresEpoch;
}

bool IsStorable(std::string_view text) {
  if (text.empty()) return true;
  return std::memchr(text.data(), '\0', text.size()) == nullptr &&
         simdjson::validate_utf8(text.data(), text.size());
}

std::string Storable(std::string_view text) {
  std::string valid = model::ValidUtf8(text);
  for (std::size_t at = valid.find('\0'); at != std::string::npos; at = valid.find('\0', at)) {
    valid.replace(at, 1, "\xEF\xBF\xBD");
  }
  return valid;
}

Array::Array(Element element) : element_(element) {
  const std::int32_t header[] = {1, 0, static_cast<std::int32_t>(ElementType(element)), 0, 1};
  for (const std::int32_t field : header) bytes_ += View(Wire(field));
}

void Array::CountOne() {
  ++size_;
  const auto length = Wire(size_);
  std::memcpy(bytes_.data() + kLengthAt, length.data(), length.size());
}

void Array::Append(std::string_view value) {
  bytes_ += View(Wire(static_cast<std::int32_t>(value.size())));
  bytes_ += value;
  CountOne();
}

void Array::AddNull() {
  bytes_ += View(Wire(std::int32_t{-1}));
  bytes_[kNullFlagAt + 3] = 1;
  CountOne();
}

void Array::AddInteger(std::int64_t value) { Append(View(Wire(value))); }
void Array::AddBoolean(bool value) {
  Append(value ? std::string_view("\1", 1) : std::string_view("\0", 1));
}
void Array::AddReal(double value) { Append(View(Wire(value))); }
void Array::AddInstant(EpochMs instant) { Append(View(Wire(ToMicros(instant)))); }

void Array::AddText(std::string_view text) {
  if (element_ == Element::kDate) {
    if (IsCalendarDate(text)) {
      Append(View(Wire(DaysOf(text))));
    } else {
      AddNull();
    }
  } else if (element_ == Element::kBytes || IsStorable(text)) {
    Append(text);
  } else {
    Append(Storable(text));
  }
}

Array Array::Of(std::span<const std::int64_t> values) {
  Array array(Element::kInteger);
  for (const std::int64_t value : values) array.AddInteger(value);
  return array;
}

Array Array::Of(std::span<const std::string> texts) {
  Array array(Element::kText);
  for (const std::string& text : texts) array.AddText(text);
  return array;
}

Array Array::Of(std::span<const std::string_view> texts) {
  Array array(Element::kText);
  for (const std::string_view text : texts) array.AddText(text);
  return array;
}

template <class Number>
void Param::Store(Number value) {
  const auto wire = Wire(value);
  std::memcpy(own_.data(), wire.data(), wire.size());
  size_ = static_cast<int>(wire.size());
}

Param::Param(std::int64_t value) : type_(kInt8) { Store(value); }
Param::Param(bool value) : type_(kBool), size_(1) { own_[0] = value ? 1 : 0; }
Param::Param(double value) : type_(kFloat8) { Store(value); }
Param::Param(Instant instant) : type_(kTimestamptz) { Store(ToMicros(instant.ms)); }
Param::Param(Bytes bytes)
    : type_(kBytea),
      size_(static_cast<int>(bytes.bytes.size())),
      borrowed_(bytes.bytes.empty() ? "" : bytes.bytes.data()) {}
Param::Param(std::string_view text)
    : type_(kText),
      size_(static_cast<int>(text.size())),
      borrowed_(text.empty() ? "" : text.data()) {}
Param::Param(const Array& array)
    : type_(ArrayType(array.element())),
      size_(static_cast<int>(array.bytes().size())),
      borrowed_(array.bytes().data()) {}

bool Param::is_text() const { return type_ == kText && !is_null_; }

const char* Param::data() const {
  if (is_null_) return nullptr;
  return borrowed_ != nullptr ? borrowed_ : own_.data();
}

}  // namespace pulse::store::postgres
