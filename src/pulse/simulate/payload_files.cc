#include "pulse/simulate/payload_files.h"

#include <fstream>
#include <optional>

#include "pulse/simulate/json_slice.h"

namespace pulse::simulate {
namespace {

Error Malformed(const std::string& where, std::string_view why) {
  return Error(ErrorKind::kInvalid, where + ": " + std::string(why));
}

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

Result<std::vector<PayloadLine>> ReadPayloadFiles(const std::vector<std::string>& paths) {
  std::vector<PayloadLine> lines;
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return Error(ErrorKind::kInvalid, "payload file " + path + ": cannot be read");
    std::string text;
    for (std::size_t number = 1; std::getline(file, text); ++number) {
      if (IsBlank(text)) continue;
      PayloadLine line;
      line.where = "payload file " + path + " line " + std::to_string(number);
      const auto members = SliceObject(text);
      if (!members) return Malformed(line.where, "not a JSON object");
      const std::string_view payload = SliceOf(*members, "payload");
      if (payload.empty()) {
        line.payload = text;
      } else {
        if (payload.front() != '{') return Malformed(line.where, "payload is not a JSON object");
        line.payload = payload;
        line.group = TextOf(SliceOf(*members, "group"));
      }
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace pulse::simulate
