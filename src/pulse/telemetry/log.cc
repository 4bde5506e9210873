#include "pulse/telemetry/log.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "pulse/model/json_text.h"

namespace pulse::telemetry {
namespace {

constexpr std::size_t kMaxLineBytes = 4096;
constexpr std::size_t kMaxTextBytes = 1024;
constexpr std::string_view kCutField = ",\"cut\":true";
constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warn", "error"};

/// The open file of one log. Writes whole lines or nothing.
class FileSink {
 public:
  FileSink(int fd, bool owned) noexcept : fd_(fd), owned_(owned) {}
  ~FileSink() {
    if (owned_) close(fd_);
  }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  bool Write(std::string_view line) noexcept {
    // A reader that is stuck once is not waited for again until it has read something.
    constexpr int kPatienceMs = 100;
    pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (poll(&ready, 1, stuck_ ? 0 : kPatienceMs) != 1 || (ready.revents & POLLOUT) == 0) {
      stuck_ = true;
      return false;
    }
    ssize_t written = -1;
    do {
      written = write(fd_, line.data(), line.size());
    } while (written < 0 && errno == EINTR);
    stuck_ = written < 0;
    return written == static_cast<ssize_t>(line.size());
  }

 private:
  int fd_;
  bool owned_;
  bool stuck_ = false;
};

void AppendText(std::string& out, std::string_view text) {
  if (text.size() <= kMaxTextBytes) {
    model::AppendJsonString(out, text);
  } else {
    model::AppendJsonString(out, model::ValidUtf8(text.substr(0, kMaxTextBytes), true) + "…");
  }
}

struct AppendValue {
  std::string& out;
  void operator()(std::string_view text) const { AppendText(out, text); }
  void operator()(std::int64_t number) const { out += fmt::format_int(number).c_str(); }
  void operator()(double number) const { model::AppendJsonNumber(out, number); }
  void operator()(bool yes) const { out += yes ? "true" : "false"; }
};

void AppendField(std::string& out, const Field& field) {
  out += ',';
  AppendText(out, field.name());
  out += ':';
  std::visit(AppendValue{out}, field.value());
}

/// Leaves room for what closes a line.
bool Fits(const std::string& line) noexcept {
  return line.size() + kCutField.size() + 2 <= kMaxLineBytes;
}

std::string FormatLine(
    Level level, EpochMs now, std::string_view message, std::initializer_list<Field> fields
) {
  std::string line;
  line.reserve(256);
  line += "{\"ts\":\"";
  line += FormatInstant(now);
  line += "\",\"level\":\"";
  line += Name(level);
  line += "\",\"msg\":";
  AppendText(line, message);
  for (const Field& field : fields) {
    const std::size_t before = line.size();
    AppendField(line, field);
    if (Fits(line)) continue;
    line.resize(before);
    line += kCutField;
    break;
  }
  line += "}\n";
  return line;
}

}  // namespace

std::string_view Name(Level level) noexcept { return kLevelNames[static_cast<std::size_t>(level)]; }

std::optional<Level> LevelNamed(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

Logger::Logger(Level level, const Clock& clock, Sink sink)
    : level_(level), clock_(clock), output_(Output{.sink = std::move(sink), .dropped = 0}) {}

Result<std::unique_ptr<Logger>> Logger::Open(LogOptions options, const Clock& clock) {
  int fd = STDERR_FILENO;
  if (!options.file.empty()) {
    fd = open(options.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
      std::array<char, 128> buffer{};
      const char* why = strerror_r(errno, buffer.data(), buffer.size());
      return Error{ErrorKind::kInvalid, fmt::format("open log file {}: {}", options.file, why)};
    }
  }
  // Shared because std::function must be copyable; there is one owner.
  auto file = std::make_shared<FileSink>(fd, !options.file.empty());
  return std::make_unique<Logger>(options.level, clock, [file](std::string_view line) {
    return file->Write(line);
  });
}

void Logger::Log(
    Level level, std::string_view message, std::initializer_list<Field> fields
) noexcept {
  if (!Wants(level)) return;
  try {
    const EpochMs now = clock_.Now();
    const std::string line = FormatLine(level, now, message, fields);
    output_.With([&](Output& output) {
      if (output.dropped > 0) {
        const std::string notice =
            FormatLine(Level::kWarn, now, "Log lines dropped", {{"count", output.dropped}});
        if (output.sink(notice)) output.dropped = 0;
      }
      if (!output.sink(line)) ++output.dropped;
    });
  } catch (...) {  // Out of memory: work goes on, the line does not.
    return;
  }
}

}  // namespace pulse::telemetry
