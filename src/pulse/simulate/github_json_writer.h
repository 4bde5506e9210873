#pragma once

/// \file
/// ObjectWriter: appends one JSON object, member by member.

#include <optional>
#include <string>
#include <string_view>

#include "pulse/model/json_text.h"
#include "pulse/simulate/github_breakage.h"
#include "pulse/simulate/github_execute.h"

namespace pulse::simulate::github {

/// Opens the object when made, closes it when destroyed. Member names are not escaped: they are
/// ours. With a breakage, members that it lies about are replaced or left out.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out, Breakage breakage = Breakage::kNone)
      : out_(out), breakage_(breakage) {
    out_ += '{';
  }
  ~ObjectWriter() { out_ += '}'; }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  void Text(std::string_view name, std::string_view value) {
    if (Open(name)) model::AppendJsonString(out_, value);
  }
  void MaybeText(std::string_view name, const std::optional<std::string>& value) {
    if (!value) return Raw(name, "null");
    Text(name, std::string_view(*value));
  }
  void Number(std::string_view name, std::int64_t value) {
    if (Open(name)) out_ += std::to_string(value);
  }
  void Number(std::string_view name, const Count& value) {
    if (!value) return Raw(name, "null");
    Number(name, *value);
  }
  void Bool(std::string_view name, bool value) { Raw(name, value ? "true" : "false"); }
  void Time(std::string_view name, const Instant& at) {
    if (!Open(name)) return;
    if (!at) {
      out_ += "null";
      return;
    }
    out_ += '"';
    AppendTime(out_, *at);
    out_ += '"';
  }
  /// `json` is the whole value.
  void Raw(std::string_view name, std::string_view json) {
    if (Open(name)) out_ += json;
  }
  /// `write(out)` appends the value.
  template <class Write>
  void Value(std::string_view name, const Write& write) {
    if (Open(name)) write(out_);
  }
  template <class Items, class Write>
  void List(std::string_view name, const Items& items, const Write& write) {
    if (!Open(name)) return;
    out_ += '[';
    for (const auto& item : items) {
      if (out_.back() != '[') out_ += ',';
      write(out_, item);
    }
    out_ += ']';
  }

 private:
  /// Writes the member's name; false when the breakage dealt with the member.
  bool Open(std::string_view name) {
    if (breakage_ != Breakage::kNone) {
      const auto lie = BrokenValue(breakage_, name);
      if (lie && !lie->empty()) {
        Name(name);
        out_ += *lie;
      }
      if (lie) return false;
    }
    Name(name);
    return true;
  }
  void Name(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  std::string& out_;
  Breakage breakage_;
  bool first_ = true;
};

}  // namespace pulse::simulate::github
