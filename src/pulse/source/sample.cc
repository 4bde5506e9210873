#include <string>
#include <string_view>

#include "pulse/model/json_text.h"
#include "pulse/source/json_page.h"

namespace pulse::source {

std::string SampleOf(std::string_view raw) {
  constexpr std::size_t kSampleBytes = 2048;
  const bool cut = raw.size() > kSampleBytes;
  return model::ValidUtf8(raw.substr(0, kSampleBytes), cut);
}

}  // namespace pulse::source
