#include "pulse/store/compatibility.h"

#include <charconv>
#include <string>

namespace pulse::store {
namespace {

constexpr std::string_view kMark = "-- oldest code:";

/// The rest of the mark's line; nothing when no line before the first statement is one.
std::string_view AfterMark(std::string_view script) {
  while (!script.empty()) {
    const std::string_view line = script.substr(0, script.find('\n'));
    if (line.starts_with(kMark)) return line.substr(kMark.size());
    const bool statement = !line.empty() && !line.starts_with("--");
    if (statement || line.size() == script.size()) break;
    script.remove_prefix(line.size() + 1);
  }
  return {};
}

}  // namespace

int OldestCode(const Migration& migration) {
  std::string_view text = AfterMark(migration.up);
  if (text.data() == nullptr) return 0;
  while (text.starts_with(' ')) text.remove_prefix(1);
  int oldest = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), oldest);
  const bool readable = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return readable && oldest > 0 && oldest <= migration.number ? oldest : migration.number;
}

Result<> CheckMayRun(int program, int version, int oldest_code) {
  if (program >= oldest_code) {
    if (version >= program) return {};
    return Error{
        ErrorKind::kInvalid,
        "database schema: version is " + std::to_string(version) + ", this program needs " +
            std::to_string(program) + "; run `pulse db migrate`"
    };
  }
  return Error{
      ErrorKind::kInvalid,
      "database schema: version is " + std::to_string(version) +
          ", which works with programs of schema " + std::to_string(oldest_code) +
          " and later, and this one is of " + std::to_string(program) + "; use the newer pulse"
  };
}

}  // namespace pulse::store
