#include "pulse/simulate/github_execute.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "pulse/base/base64.h"
#include "pulse/model/json_text.h"
#include "pulse/simulate/credential.h"
#include "pulse/simulate/github_breakage.h"

namespace pulse::simulate::github {
namespace {

constexpr std::string_view kCursorPrefix = "cursor:v1:";

std::optional<std::int64_t> IntArgument(const PlanField& field, std::string_view name) {
  const Value* value = field.Find(name);
  if (value == nullptr || value->kind != Value::Kind::kInt) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(value->text.data(), value->text.data() + value->text.size(), number);
  return number;
}

}  // namespace

std::string EncodeCursor(std::int64_t position) {
  return EncodeBase64(fmt::format("{}{}", kCursorPrefix, position));
}

std::optional<std::int64_t> DecodeCursor(std::string_view cursor) {
  const std::string text = DecodeBase64(cursor);
  if (!text.starts_with(kCursorPrefix)) return std::nullopt;
  std::int64_t position = -1;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + kCursorPrefix.size(), end, position);
  if (read.ec != std::errc{} || read.ptr != end || position < 0) return std::nullopt;
  return position;
}

void AppendTime(std::string& out, EpochMs at) {
  std::array<char, 24> text;
  FormatInstantTo(at, text.data());
  out.append(text.data(), 19);
  out += 'Z';
}

std::string Executor::Run(const std::vector<PlanField>& plan, bool partial) {
  partial_ = partial;
  out_.reserve(std::size_t{64} * 1024);
  out_ = "{\"data\":";
  Fields(plan, nullptr);
  if (!errors_.empty()) {
    out_ += ",\"errors\":[";
    for (std::size_t i = 0; i < errors_.size(); ++i) {
      if (i > 0) out_ += ',';
      out_ += errors_[i];
    }
    out_ += ']';
  }
  out_ += '}';
  return std::move(out_);
}

void Executor::Number(std::int64_t value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out_.append(digits.data(), end);
}

void Executor::Text(std::string_view value) { model::AppendJsonString(out_, value); }

void Executor::Time(EpochMs at) {
  out_ += '"';
  AppendTime(out_, at);
  out_ += '"';
}

void Executor::Fields(const std::vector<PlanField>& fields, const void* self) {
  out_ += '{';
  for (const PlanField& field : fields) {
    if (out_.back() != '{') out_ += ',';
    out_ += field.quoted;
    if (field.def == nullptr) {
      Text(field.type_name);
    } else if (field.def->target == nullptr) {
      field.def->resolve(*this, self, field);
    } else {
      path_.emplace_back(field.quoted, 0, field.quoted.size() - 1);
      field.def->resolve(*this, self, field);
      path_.pop_back();
    }
  }
  out_ += '}';
}

void Executor::Object(const PlanField& field, std::string_view type, const void* self) {
  const auto* fields = field.selection.For(type);
  if (fields == nullptr) return Raw("{}");
  Fields(*fields, self);
}

void Executor::Pull(const PlanField& field, const PullRequest& pull) {
  const auto* fields = field.selection.For("PullRequest");
  if (fields == nullptr) return Raw("{}");
  if (pull.breakage == Breakage::kNone) return Fields(*fields, &pull);
  BrokenFields(*fields, pull);
}

void Executor::BrokenFields(const std::vector<PlanField>& fields, const PullRequest& pull) {
  out_ += '{';
  for (const PlanField& field : fields) {
    const auto lie = BrokenValue(pull.breakage, field.def == nullptr ? "" : field.def->name);
    if (lie && lie->empty()) continue;
    if (out_.back() != '{') out_ += ',';
    if (lie) {
      out_ += field.quoted;
      out_ += *lie;
      continue;
    }
    const std::size_t start = out_.size();
    Fields({field}, &pull);
    out_.erase(start, 1);  // The braces around the one field.
    out_.pop_back();
  }
  out_ += '}';
}

std::optional<PageView> Executor::Window(const PlanField& field, std::int64_t available) {
  PageView page{0, available, available};
  for (const std::string_view name : {"after", "before"}) {
    const Value* cursor = field.Find(name);
    if (cursor == nullptr || cursor->is_null()) continue;
    const auto position = DecodeCursor(cursor->text);
    if (!position) {
      Fail(
          field,
          "INVALID_CURSOR_ARGUMENTS",
          fmt::format("`{}` does not appear to be a valid cursor.", cursor->text)
      );
      return std::nullopt;
    }
    if (name == "after") page.begin = std::min(*position + 1, page.end);
    if (name == "before") page.end = std::clamp(*position, page.begin, page.end);
  }
  if (const auto first = IntArgument(field, "first")) {
    page.end = std::min(page.end, page.begin + *first);
  } else if (const auto last = IntArgument(field, "last")) {
    page.begin = std::max(page.begin, page.end - *last);
  }
  return page;
}

bool Executor::Sacrificed(const PlanField& field) {
  if (!partial_ || list_depth_ == 0) return false;
  partial_ = false;
  Fail(
      field,
      "RESOURCE_LIMITS_EXCEEDED",
      "Something went wrong while executing your query. The query consumed too many resources; "
      "the data is incomplete."
  );
  return true;
}

void Executor::Connection(
    const PlanField& field, std::int64_t available, Count total, const EmitNode& emit
) {
  if (Sacrificed(field)) return;
  const auto page = Window(field, available);
  if (!page) return;
  const auto& parts = field.selection.by_type.front().second;
  out_ += '{';
  for (const PlanField& part : parts) {
    if (out_.back() != '{') out_ += ',';
    out_ += part.quoted;
    ConnectionPart(part, *page, total, emit);
  }
  out_ += '}';
}

void Executor::ConnectionPart(
    const PlanField& part, const PageView& page, Count total, const EmitNode& emit
) {
  switch (part.def == nullptr ? Part::kNone : part.def->part) {
    case Part::kTotalCount:
      return detail::Write(*this, total);
    case Part::kPageInfo:
      return Object(part, "PageInfo", &page);
    case Part::kNodes:
    case Part::kEdges:
      break;
    default:
      return Text(part.type_name);
  }
  const bool edges = part.def->part == Part::kEdges;
  path_.push_back(edges ? "\"edges\"" : "\"nodes\"");
  ++list_depth_;
  List(page.end - page.begin, [&](std::int64_t i) {
    path_.push_back(std::to_string(i));
    if (edges) {
      Edge(part, page.begin + i, emit);
    } else {
      emit(page.begin + i, part);
    }
    path_.pop_back();
  });
  --list_depth_;
  path_.pop_back();
}

void Executor::Edge(const PlanField& edges, std::int64_t position, const EmitNode& emit) {
  out_ += '{';
  for (const PlanField& part : edges.selection.by_type.front().second) {
    if (out_.back() != '{') out_ += ',';
    out_ += part.quoted;
    if (part.def == nullptr) {
      Text(part.type_name);
    } else if (part.def->part == Part::kCursor) {
      Text(EncodeCursor(position));
    } else {
      emit(position, part);
    }
  }
  out_ += '}';
}

void Executor::List(std::int64_t count, const std::function<void(std::int64_t)>& emit) {
  out_ += '[';
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) out_ += ',';
    emit(i);
  }
  out_ += ']';
}

void Executor::Fail(const PlanField& field, std::string_view type, std::string_view message) {
  std::string error = fmt::format(R"({{"type":"{}","path":[{}],)", type, fmt::join(path_, ","));
  error += fmt::format(
      R"("locations":[{{"line":{},"column":{}}}],"message":)", field.at.line, field.at.column
  );
  model::AppendJsonString(error, message);
  errors_.push_back(error + "}");
  Null();
}

}  // namespace pulse::simulate::github
