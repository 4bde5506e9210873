#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "cli.h"
#include "handlers.h"
#include "help.h"
#include "report.h"
#include "terminal.h"
#include <malloc.h>

namespace pulse::app {
namespace {

/// Every setting that may stand on a command line; a secret may not: others can read it there.
std::vector<std::string> SettingFlags() {
  std::vector<std::string> flags;
  for (const config::Row& row : config::Rows()) {
    if (!row.secret) flags.push_back(config::FlagOf(row).substr(2));
  }
  return flags;
}

Result<ExitCode> Run(const Invocation& call, Streams& streams, bool json) {
  if (call.command == nullptr) {
    PULSE_TRY(const std::string text, json ? HelpJson(call.help_path) : HelpOn(call.help_path));
    streams.out << text << (json ? "\n" : "") << std::flush;
    return ExitCode::kOk;
  }
  Context context(call, streams);
  return HandlerOf(*call.command)(context);
}

ExitCode Report(const Error& error, bool json) {
  if (json) std::cout << ProblemJson(error) << '\n' << std::flush;
  std::cerr << ErrorLine(error) << std::flush;
  return ExitCodeOf(error.kind());
}

/// glibc gives each thread an arena of its own, and pages of megabytes that wander between fetching
/// and decoding threads leave holes in all of them: 100,000 issues took 270 MiB. Two arenas take
/// 140 MiB for about 5 % more CPU time.
///
/// Nor may it learn from freed pages that blocks of 32 MiB belong on the heap, where they stay:
/// what is as large as a page is mapped by itself and given back when it is freed. 10,000 issues
/// into PostgreSQL took 100 MiB, and take 45 for about 4 % more CPU time; a limit of 2 MiB
/// takes 60.
void BoundHeap() {
  constexpr int kMiB = 1 << 20;
  // NOLINTBEGIN(concurrency-mt-unsafe): there is no other thread yet.
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, kMiB);
  mallopt(M_TRIM_THRESHOLD, 4 * kMiB);
  // NOLINTEND(concurrency-mt-unsafe)
}

ExitCode Main(const std::vector<std::string>& words) {
  Streams streams{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .out_is_terminal = IsTerminal(StandardStream::kOut),
      .err_is_terminal = IsTerminal(StandardStream::kErr),
  };
  // A command line that cannot be read may still say how it wants to be told.
  const bool json = std::ranges::find(words, "--json") != words.end();
  try {
    const auto call = ParseCommandLine(words, SettingFlags());
    if (!call) return Report(call.error(), json);
    const auto code = Run(*call, streams, json);
    return code ? *code : Report(code.error(), json);
  } catch (const std::exception& thrown) {
    return Report(Error{ErrorKind::kInternal, std::string("unexpected: ") + thrown.what()}, json);
  }
}

}  // namespace
}  // namespace pulse::app

int main(int count, char** values) {
  // A closed pipe or socket is an error value, not a reason to die.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  pulse::app::BoundHeap();
  const std::vector<std::string> words(values + (count > 0 ? 1 : 0), values + count);
  return static_cast<int>(pulse::app::Main(words));
}
