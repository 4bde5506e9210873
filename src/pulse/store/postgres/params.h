#pragma once

/// \file
/// Parameters: values on their way to the server, in PostgreSQL's binary form. A statement's
/// parameter types follow from the C++ types it is first run with; give each parameter of a query
/// the same type every time (std::optional for one that may be null).
///
/// | C++                        | PostgreSQL  |
/// | integers, Id<>             | bigint      |
/// | bool                       | boolean     |
/// | double                     | float8      |
/// | text                       | text        |
/// | Bytes                      | bytea       |
/// | Instant                    | timestamptz |
/// | Array                      | T[]         |
///
/// Text that is no UTF-8 or holds U+0000 would fail the whole batch at the server; what is wrong
/// with it becomes U+FFFD here.

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pulse/base/ids.h"
#include "pulse/base/time.h"

namespace pulse::store::postgres {

/// Bytes for a bytea.
struct Bytes {
  std::string_view bytes;
};
/// A timestamptz. Years outside 0001..9999 are clamped.
struct Instant {
  EpochMs ms = 0;
};

enum class Element : unsigned char {
  kInteger,  ///< bigint
  kBoolean,
  kReal,  ///< float8
  kText,
  kBytes,    ///< bytea
  kInstant,  ///< timestamptz
  kDate,     ///< date, from a text `2024-02-29`
  kJson,     ///< json, from its text
};

/// Builds a one-dimensional array parameter in place: no copy is made when it is bound. Add only
/// what its element is.
class Array {
 public:
  explicit Array(Element element);

  void AddNull();
  void AddInteger(std::int64_t value);
  void AddBoolean(bool value);
  void AddReal(double value);
  /// Text, bytes, json by what the array holds; a date that is no calendar day becomes null.
  void AddText(std::string_view text);
  void AddInstant(EpochMs instant);

  static Array Of(std::span<const std::int64_t> values);
  static Array Of(std::span<const std::string> texts);
  static Array Of(std::span<const std::string_view> texts);
  template <class Tag>
  static Array Of(std::span<const Id<Tag>> ids) {
    Array array(Element::kInteger);
    for (const Id<Tag> id : ids) array.AddInteger(id.value());
    return array;
  }

  Element element() const { return element_; }
  std::int32_t size() const { return size_; }
  std::string_view bytes() const { return bytes_; }

 private:
  void Append(std::string_view value);
  void CountOne();

  std::string bytes_;
  std::int32_t size_ = 0;
  Element element_;
};

/// One parameter. Points into the value it was made from, which must outlive the Queue call.
class Param {
 public:
  template <std::integral Number>
  Param(Number value) : Param(static_cast<std::int64_t>(value)) {}   // NOLINT(*-explicit-*)
  Param(std::int64_t value);                                         // NOLINT(*-explicit-*)
  Param(bool value);                                                 // NOLINT(*-explicit-*)
  Param(double value);                                               // NOLINT(*-explicit-*)
  Param(Bytes bytes);                                                // NOLINT(*-explicit-*)
  Param(Instant instant);                                            // NOLINT(*-explicit-*)
  Param(std::string_view text);                                      // NOLINT(*-explicit-*)
  Param(const std::string& text) : Param(std::string_view(text)) {}  // NOLINT(*-explicit-*)
  Param(const char* text) : Param(std::string_view(text)) {}         // NOLINT(*-explicit-*)
  Param(const Array& array);                                         // NOLINT(*-explicit-*)
  template <class Tag>
  Param(Id<Tag> id) : Param(id.value()) {}  // NOLINT(*-explicit-*)
  template <class Value>
  Param(const std::optional<Value>& value)  // NOLINT(*-explicit-*)
      : Param(value ? Param(*value) : Param(Value{})) {
    is_null_ = !value;
  }

  unsigned type() const { return type_; }
  /// Null for SQL NULL.
  const char* data() const;
  int size() const { return size_; }
  bool is_text() const;
  std::string_view text() const { return {borrowed_, static_cast<std::size_t>(size_)}; }

 private:
  template <class Number>
  void Store(Number value);

  unsigned type_;
  int size_ = 0;
  bool is_null_ = false;
  const char* borrowed_ = nullptr;  ///< Null: the value is in own_.
  std::array<char, 8> own_{};
};

/// Whether the server would take the text: UTF-8 without U+0000.
bool IsStorable(std::string_view text);
/// The text with what is wrong replaced by U+FFFD.
std::string Storable(std::string_view text);

/// Microseconds since 2000-01-01, as timestamptz travels.
std::int64_t ToMicros(EpochMs instant);
EpochMs FromMicros(std::int64_t micros);

}  // namespace pulse::store::postgres
