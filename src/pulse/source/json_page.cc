#include "pulse/source/json_page.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "pulse/base/sync.h"
#include "pulse/source/json_slice.h"

namespace pulse::source {
namespace {

/// Parsers of pages that nobody uses, for whoever parses next. A parser takes some 14 bytes per
/// byte of text and touches three of them: to take that anew for each page costs as much time as
/// the parsing, to keep one per thread as much memory as all pages in flight. A few are kept, the
/// one used last goes first, and none that a giant page made large. Small texts need none of this.
class SpareParsers {
 public:
  std::unique_ptr<simdjson::dom::parser> Take(std::size_t text_size) {
    if (text_size < kSmallest) return std::make_unique<simdjson::dom::parser>();
    auto last = spare_.With([](Spare& spare) -> std::unique_ptr<simdjson::dom::parser> {
      if (spare.empty()) return nullptr;
      auto taken = std::move(spare.back());
      spare.pop_back();
      return taken;
    });
    if (!last) last = std::make_unique<simdjson::dom::parser>();
    // Room for larger pages too, or each that is a little larger makes it start over. What is not
    // touched takes no memory. A parser without room is a new one, and parsing says what is wrong.
    if (last->capacity() < text_size) {
      const std::size_t room = std::max(std::bit_ceil(text_size), kUsual);
      if (last->allocate(room) != simdjson::SUCCESS ||
          last->doc.allocate(room) != simdjson::SUCCESS) {
        return std::make_unique<simdjson::dom::parser>();
      }
    }
    return last;
  }
  void Keep(std::unique_ptr<simdjson::dom::parser> parser) {
    if (parser->capacity() < kSmallest || parser->capacity() > kLargest) return;
    spare_.With([&](Spare& spare) {
      if (spare.size() < kKept) spare.push_back(std::move(parser));
    });
  }

 private:
  static constexpr std::size_t kKept = 3;
  static constexpr std::size_t kSmallest = std::size_t{64} << 10;
  static constexpr std::size_t kUsual = std::size_t{2} << 20;
  static constexpr std::size_t kLargest = std::size_t{4} << 20;
  using Spare = std::vector<std::unique_ptr<simdjson::dom::parser>>;

  Guarded<Spare> spare_;
};

SpareParsers& Spares() {
  static SpareParsers spares;
  return spares;
}

}  // namespace

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
  std::unique_ptr<JsonPage> page(new JsonPage(Spares().Take(text.size())));
  simdjson::dom::element root;
  const auto error = page->parser_->parse(text.data(), text.size()).get(root);
  if (error != simdjson::SUCCESS) {
    return Error{ErrorKind::kInvalid, std::string("not JSON: ") + simdjson::error_message(error)};
  }
  page->root_ = Value(root);
  return page;
}

JsonPage::JsonPage(std::unique_ptr<simdjson::dom::parser> parser) : parser_(std::move(parser)) {}

JsonPage::~JsonPage() { Spares().Keep(std::move(parser_)); }

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
