#include "pulse/source/jira/page_context.h"

namespace pulse::source::jira {

void PageContext::SetAside(
    Loss loss,
    std::int32_t position,
    std::string_view external_id,
    std::string_view code,
    std::string_view message,
    Value sample
) {
  out.problems.push_back({
      .position = position,
      .external_id = SampleOf(external_id),
      .code = std::string(code),
      .message = std::string(message),
      .sample = SampleOf(sample.Json()),
      .counts_as_record = loss == Loss::kRecord,
  });
}

void PageContext::SetAside(Loss loss, const BrokenRecord& record, std::string_view code) {
  out.problems.push_back({
      .position = record.position,
      .external_id = {},
      .code = std::string(code),
      .message = std::string(record.reason),
      .sample = SampleOf(record.raw),
      .counts_as_record = loss == Loss::kRecord,
  });
}

void PageContext::Finish() {
  people.Flush();
  sprints.Flush();
}

}  // namespace pulse::source::jira
