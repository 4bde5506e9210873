#pragma once

/// \file
/// What is known about the terminal.

#include <cstddef>

namespace pulse::app {

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// Of the terminal stderr or stdout is, asked anew each time since people resize windows; 80 by 24
/// when neither is one.
TerminalSize SizeOfTerminal();

enum class StandardStream : unsigned char { kOut, kErr };
bool IsTerminal(StandardStream stream);

}  // namespace pulse::app
