#include "terminal.h"

#include <initializer_list>

#include <sys/ioctl.h>
#include <unistd.h>

namespace pulse::app {

TerminalSize SizeOfTerminal() {
  TerminalSize size;
  for (const int descriptor : {STDERR_FILENO, STDOUT_FILENO}) {
    winsize window{};
    if (ioctl(descriptor, TIOCGWINSZ, &window) != 0) continue;
    if (window.ws_col > 0) size.columns = window.ws_col;
    if (window.ws_row > 0) size.rows = window.ws_row;
    break;
  }
  return size;
}

bool IsTerminal(StandardStream stream) {
  return isatty(stream == StandardStream::kOut ? STDOUT_FILENO : STDERR_FILENO) == 1;
}

}  // namespace pulse::app
