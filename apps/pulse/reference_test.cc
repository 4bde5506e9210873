#include <fstream>
#include <sstream>

#include "help.h"

#include <gtest/gtest.h>

namespace pulse::app {
namespace {

std::string ReadAll(const std::string& path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ReferenceMarkdown, IsWhatDocsHold) {
  EXPECT_EQ(ReadAll(PULSE_SOURCE_DIR "/docs/reference/cli.md"), ReferenceMarkdown())
      << "fix: pulse help --markdown > docs/reference/cli.md";
}

}  // namespace
}  // namespace pulse::app
