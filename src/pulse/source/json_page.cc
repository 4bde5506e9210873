#include "pulse/source/json_page.h"

#include <cmath>

#include "pulse/source/json_slice.h"

namespace pulse::source {

std::optional<std::int64_t> Value::integer() const {
  if (const auto whole = Get<std::int64_t>()) return whole;
  const auto real = is_number() ? Get<double>() : std::nullopt;
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it a double is no exact integer.
  if (!real || std::abs(*real) > kExact || *real != std::floor(*real)) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

std::string Value::id() const {
  if (const auto as_text = text()) return std::string(*as_text);
  if (const auto whole = integer()) return std::to_string(*whole);
  return {};
}

std::size_t Value::size() const {
  simdjson::dom::array array;
  if (present_ && element_.get(array) == simdjson::SUCCESS) return array.size();
  simdjson::dom::object object;
  if (present_ && element_.get(object) == simdjson::SUCCESS) return object.size();
  return 0;
}

std::string Value::Json() const {
  return present_ ? std::string(simdjson::minify(element_)) : std::string();
}

Result<std::unique_ptr<JsonPage>> JsonPage::Parse(std::string_view text) {
  auto page = std::make_unique<JsonPage>();
  simdjson::dom::element root;
  const auto error = page->parser_.parse(text.data(), text.size()).get(root);
  if (error != simdjson::SUCCESS) {
    return Error{ErrorKind::kInvalid, std::string("not JSON: ") + simdjson::error_message(error)};
  }
  page->root_ = Value(root);
  return page;
}

namespace {

std::optional<Value> Descend(Value at, std::span<const std::string_view> path) {
  for (const std::string_view key : path) at = at[key];
  if (!at.is_array()) return std::nullopt;
  return at;
}

}  // namespace

Result<> ForEachRecord(
    std::string_view body,
    std::span<const std::string_view> path,
    const std::function<void(std::int32_t, Value)>& record,
    const std::function<void(const BrokenRecord&)>& broken
) {
  if (const auto page = JsonPage::Parse(body)) {
    const auto array = Descend((*page)->root(), path);
    if (!array) return Error{ErrorKind::kInvalid, "the page has no array of records"};
    std::int32_t position = 0;
    array->ForEach([&](Value element) { record(position++, element); });
    return {};
  }
  PULSE_TRY(const auto slices, SliceArray(body, path));
  std::int32_t position = 0;
  for (const std::string_view raw : slices) {
    if (const auto alone = JsonPage::Parse(raw)) {
      record(position, (*alone)->root());
    } else {
      broken({position, raw, alone.error().message()});
    }
    ++position;
  }
  return {};
}

}  // namespace pulse::source
