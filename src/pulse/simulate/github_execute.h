#pragma once

/// \file
/// Executor: walks a plan and writes the answer as JSON, without building a tree in between.
/// One per request, on one thread.

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/simulate/github_data.h"
#include "pulse/simulate/github_plan.h"

namespace pulse::simulate::github {

/// What `rateLimit` answers.
struct RateLimitView {
  std::int64_t limit = 0;
  std::int64_t cost = 0;
  std::int64_t remaining = 0;
  std::int64_t used = 0;
  std::int64_t nodes = 0;
  EpochMs reset_at = 0;
};

/// One page of a connection.
struct PageView {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t total = 0;
};

/// Opaque to clients, as GitHub's are: base64 of `cursor:v1:<position>`.
std::string EncodeCursor(std::int64_t position);
std::optional<std::int64_t> DecodeCursor(std::string_view cursor);

/// A time as GitHub writes it: `2023-06-24T19:24:50Z`.
void AppendTime(std::string& out, EpochMs at);

class Executor {
 public:
  Executor(const Data& data, const RateLimitView& rate) : data_(data), rate_(rate) {}

  /// The whole response body. With `partial` one nested connection is answered with null and an
  /// error, as GitHub does when a query runs out of resources.
  std::string Run(const std::vector<PlanField>& plan, bool partial);

  const Data& data() const noexcept { return data_; }
  const RateLimitView& rate() const noexcept { return rate_; }

  void Null() { out_ += "null"; }
  void Bool(bool value) { out_ += value ? "true" : "false"; }
  void Number(std::int64_t value);
  void Text(std::string_view value);
  void Time(EpochMs at);
  /// Appends `json` as it is.
  void Raw(std::string_view json) { out_ += json; }

  /// The object `self`, whose type is `type` at run time.
  void Object(const PlanField& field, std::string_view type, const void* self);
  /// A pull request may be broken on purpose, and then some of its fields lie.
  void Pull(const PlanField& field, const PullRequest& pull);

  /// `emit(position, field)` writes one node; positions run from 0 to available-1. `total` is
  /// what totalCount answers: the number of nodes unless the source knows better.
  using EmitNode = std::function<void(std::int64_t position, const PlanField& field)>;
  void Connection(
      const PlanField& field, std::int64_t available, Count total, const EmitNode& emit
  );
  void Connection(const PlanField& field, std::int64_t available, const EmitNode& emit) {
    Connection(field, available, available, emit);
  }
  /// Writes `count` values as a list.
  void List(std::int64_t count, const std::function<void(std::int64_t position)>& emit);

  /// Reports that the field's value could not be given, and writes null.
  void Fail(const PlanField& field, std::string_view type, std::string_view message);

 private:
  std::optional<PageView> Window(const PlanField& field, std::int64_t available);
  void Fields(const std::vector<PlanField>& fields, const void* self);
  void BrokenFields(const std::vector<PlanField>& fields, const PullRequest& pull);
  void ConnectionPart(
      const PlanField& part, const PageView& page, Count total, const EmitNode& emit
  );
  void Edge(const PlanField& edges, std::int64_t position, const EmitNode& emit);
  bool Sacrificed(const PlanField& field);

  const Data& data_;
  const RateLimitView& rate_;
  std::string out_;
  std::vector<std::string> errors_;
  std::vector<std::string> path_;  ///< JSON texts of keys and positions.
  int list_depth_ = 0;
  bool partial_ = false;
};

// --- How types declare their fields --------------------------------------------------------------

namespace detail {

template <std::same_as<bool> T>
void Write(Executor& out, T value) {
  out.Bool(value);  // A template, so that a pointer never turns into a bool.
}
inline void Write(Executor& out, std::int64_t value) { out.Number(value); }
inline void Write(Executor& out, std::string_view value) { out.Text(value); }
inline void Write(Executor& out, const std::string& value) { out.Text(value); }
template <class T>
void Write(Executor& out, const std::optional<T>& value) {
  if (value) {
    Write(out, *value);
  } else {
    out.Null();
  }
}

}  // namespace detail

/// A leaf: `get(self)` returns a bool, an integer, a text, or an optional of one.
template <class T, class Get>
FieldDef Leaf(std::string_view declaration, Get) {
  return FieldDef(declaration, [](Executor& out, const void* self, const PlanField&) {
    detail::Write(out, Get{}(*static_cast<const T*>(self)));
  });
}

/// A time: `get(self)` returns an EpochMs or an Instant.
template <class T, class Get>
FieldDef When(std::string_view declaration, Get) {
  return FieldDef(declaration, [](Executor& out, const void* self, const PlanField&) {
    const Instant at = Get{}(*static_cast<const T*>(self));
    if (at) {
      out.Time(*at);
    } else {
      out.Null();
    }
  });
}

/// An account: `get(self)` returns a pointer to it, null for none.
template <class T, class Get>
FieldDef Who(std::string_view declaration, Get) {
  return FieldDef(declaration, [](Executor& out, const void* self, const PlanField& field) {
    const Actor* actor = Get{}(*static_cast<const T*>(self));
    // A bot that closed a thread is no User: where only users fit, others are null.
    const bool fits = actor != nullptr && field.selection.For(actor->type) != nullptr;
    if (fits) {
      out.Object(field, actor->type, actor);
    } else {
      out.Null();
    }
  });
}

/// Anything else: `write(out, self, field)`.
template <class T, class WriteValue>
FieldDef Field(std::string_view declaration, WriteValue) {
  return FieldDef(declaration, [](Executor& out, const void* self, const PlanField& field) {
    WriteValue{}(out, *static_cast<const T*>(self), field);
  });
}

}  // namespace pulse::simulate::github
