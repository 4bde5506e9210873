#pragma once

/// \file
/// Reading JSON a source sent: a null-safe view, and a walk over a page's records that one bad
/// record cannot stop.
///
/// The parser is simdjson's DOM: it checks every byte (UTF-8, numbers, nesting up to 1,024 levels).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "pulse/base/error.h"

namespace pulse::source {

/// One JSON value, or its absence. Cheap to copy; valid while its JsonPage lives.
class Value {
 public:
  Value() = default;  ///< Absent.
  explicit Value(simdjson::dom::element element) : element_(element), present_(true) {}

  bool absent() const { return !present_; }
  bool null() const { return present_ && element_.is_null(); }
  bool has_value() const { return present_ && !element_.is_null(); }
  bool is_object() const { return present_ && element_.is_object(); }
  bool is_array() const { return present_ && element_.is_array(); }
  bool is_text() const { return present_ && element_.is_string(); }
  bool is_number() const { return present_ && element_.is_number(); }

  /// The field; absent when this is no object or has no such key.
  Value operator[](std::string_view key) const {
    simdjson::dom::object object;
    simdjson::dom::element found;
    if (!present_ || element_.get(object) != simdjson::SUCCESS) return {};
    if (object.at_key(key).get(found) != simdjson::SUCCESS) return {};
    return Value(found);
  }

  std::optional<std::string_view> text() const { return Get<std::string_view>(); }
  std::optional<bool> boolean() const { return Get<bool>(); }
  std::optional<double> number() const { return Get<double>(); }
  /// Integers, and whole doubles that fit (some fields arrive as 13.0).
  std::optional<std::int64_t> integer() const;
  /// Text or integer as text: ids arrive either way. Empty for anything else.
  std::string id() const;
  /// Elements of an array, fields of an object, 0 for anything else.
  std::size_t size() const;
  /// Minified JSON of this value; empty when absent.
  std::string Json() const;

  template <class F>
  void ForEach(F&& use) const {
    simdjson::dom::array array;
    if (!present_ || element_.get(array) != simdjson::SUCCESS) return;
    for (const simdjson::dom::element element : array) use(Value(element));
  }
  template <class F>
  void ForEachField(F&& use) const {
    simdjson::dom::object object;
    if (!present_ || element_.get(object) != simdjson::SUCCESS) return;
    for (const auto field : object) use(field.key, Value(field.value));
  }

 private:
  template <class T>
  std::optional<T> Get() const {
    T value{};
    if (!present_ || element_.get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  simdjson::dom::element element_;
  bool present_ = false;
};

/// Owns the parsed form of one text. Not thread-safe.
class JsonPage {
 public:
  /// Errors: kInvalid with the parser's reason. The text is not needed afterwards.
  static Result<std::unique_ptr<JsonPage>> Parse(std::string_view text);
  Value root() const { return root_; }

  ~JsonPage();
  JsonPage(const JsonPage&) = delete;
  JsonPage& operator=(const JsonPage&) = delete;

 private:
  explicit JsonPage(std::unique_ptr<simdjson::dom::parser> parser);

  std::unique_ptr<simdjson::dom::parser> parser_;
  Value root_;
};

/// A record that is no JSON, with where it stood and why.
struct BrokenRecord {
  std::int32_t position = 0;
  std::string_view raw;
  std::string_view reason;
};

/// Walks the elements of the array at `path` below the root ({} is the root itself).
///
/// When the page as a whole does not parse, its array is cut into elements by structure alone and
/// each is parsed by itself, so one record with bad UTF-8, a huge number or absurd nesting does not
/// take the page with it. Errors: kInvalid when there is no array to be found (not JSON at all, cut
/// short, another shape): then no callback was made.
Result<> ForEachRecord(
    std::string_view body,
    std::span<const std::string_view> path,
    const std::function<void(std::int32_t position, Value record)>& record,
    const std::function<void(const BrokenRecord&)>& broken
);

/// At most 2 KiB of `raw` as valid UTF-8, for a dead letter's sample.
std::string SampleOf(std::string_view raw);

}  // namespace pulse::source
