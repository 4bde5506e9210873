#pragma once

/// \file
/// Logger: one JSON object per line, for machines first.
///
///   {"ts":"2026-01-02T03:04:05.678Z","level":"info","msg":"Job finished","job_id":7,"seconds":1.5}
///
/// The message is a constant, capitalised; everything that varies is a field. Never log a body, a
/// token or a header. A line is at most 4096 bytes (PIPE_BUF: lines of several processes do not
/// mix); longer texts are cut, further fields left out and `"cut":true` says so.

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "pulse/base/clock.h"
#include "pulse/base/error.h"
#include "pulse/base/ids.h"
#include "pulse/base/sync.h"

namespace pulse::telemetry {

enum class Level : unsigned char { kDebug, kInfo, kWarn, kError };

std::string_view Name(Level level) noexcept;  ///< "debug" | "info" | "warn" | "error"
std::optional<Level> LevelNamed(std::string_view name) noexcept;

/// A named value; refers to texts, so make it in the call.
class Field {
 public:
  using Value = std::variant<std::string_view, std::int64_t, double, bool>;

  Field(std::string_view name, std::string_view value) : name_(name), value_(value) {}
  Field(std::string_view name, const char* value) : name_(name), value_(std::string_view{value}) {}
  Field(std::string_view name, const std::string& value)
      : name_(name), value_(std::string_view{value}) {}
  Field(std::string_view name, double value) : name_(name), value_(value) {}
  template <std::integral T>
  Field(std::string_view name, T value) : name_(name) {
    if constexpr (std::same_as<T, bool>) {
      value_ = value;
    } else {
      value_ = static_cast<std::int64_t>(value);
    }
  }
  template <class Tag>
  Field(std::string_view name, Id<Tag> id) : name_(name), value_(id.value()) {}

  std::string_view name() const noexcept { return name_; }
  const Value& value() const noexcept { return value_; }

 private:
  std::string_view name_;
  Value value_;
};

struct LogOptions {
  Level level = Level::kInfo;
  std::string file{};  ///< Appended to, created with mode 0640; empty: stderr.
};

/// Thread-safe; passed by reference, there is no global one.
class Logger {
 public:
  /// Takes one line with its end; false when it could not. Called by one thread at a time.
  using Sink = std::function<bool(std::string_view line)>;

  /// `clock` outlives the logger.
  Logger(Level level, const Clock& clock, Sink sink);
  /// Error: kInvalid (the file cannot be opened).
  static Result<std::unique_ptr<Logger>> Open(LogOptions options, const Clock& clock);

  /// Never fails and never waits long: when nobody reads the other end of the pipe, lines are
  /// dropped after a tenth of a second, and the next one that gets through says how many.
  void Log(
      Level level, std::string_view message, std::initializer_list<Field> fields = {}
  ) noexcept;

  /// For fields that cost something to make.
  bool Wants(Level level) const noexcept { return level >= level_; }

 private:
  struct Output {
    Sink sink;
    std::int64_t dropped = 0;
  };

  const Level level_;
  const Clock& clock_;
  Guarded<Output> output_;
};

}  // namespace pulse::telemetry
