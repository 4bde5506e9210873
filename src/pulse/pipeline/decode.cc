#include "pulse/pipeline/decode.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "pulse/base/failpoint.h"

namespace pulse::pipeline {
namespace {

store::NewDeadLetter LetterOf(
    const source::Problem& problem, const std::string& entity_type, RawId raw, int position
) {
  return {
      .entity_type = entity_type,
      .stage = model::Stage::kTransform,
      .raw = raw,
      .raw_position = position,
      .external_id = problem.external_id,
      .fingerprint = entity_type + ":" + problem.code,
      .message = problem.message,
      .sample = problem.sample,
      .counts_as_record = problem.counts_as_record,
  };
}

void DecodePage(
    const source::Connector& connector,
    const store::RawPage& page,
    model::RowBatch& rows,
    Decoded& decoded
) {
  rows.SetRaw(page.id);
  const source::Transformed result =
      connector.Transform(page.entity_type, page.request, page.body, rows);
  store::SettledRaw settled{
      .id = page.id,
      .record_count = result.record_count,
      .transform_version = connector.transform_version(),
      .error_details = std::nullopt,
  };
  for (const source::Problem& problem : result.problems) {
    decoded.dead_letters.push_back(LetterOf(problem, page.entity_type, page.id, problem.position));
  }
  if (result.page_problem) {
    source::Problem problem = *result.page_problem;
    problem.counts_as_record = false;  // Nobody knows how many records the page held: it is a gap.
    decoded.dead_letters.push_back(LetterOf(problem, page.entity_type, page.id, -1));
    decoded.gaps.push_back(
        {page.entity_type, "raw page " + std::to_string(page.id.value()), problem.message}
    );
    settled.error_details = nlohmann::json{
        {"code", problem.code}, {"message", problem.message}
    }.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  decoded.settled.push_back(std::move(settled));
}

}  // namespace

Result<Decoded> DecodePages(
    Environment& environment,
    TenantId tenant,
    const std::vector<RawId>& ids,
    const std::vector<store::RawPage>& at_hand,
    model::RowBatch& rows
) {
  Decoded decoded;
  const auto decode = [&](const store::RawPage& page) -> Result<> {
    const auto* connector = source::ConnectorFor(environment.connectors, page.entity_type);
    if (connector == nullptr) {
      return Error{ErrorKind::kInvalid, "no connector knows entity type " + page.entity_type};
    }
    DecodePage(*connector, page, rows, decoded);
    return {};
  };
  std::vector<RawId> to_read;
  for (const RawId id : ids) {
    const auto known = std::ranges::find(at_hand, id, &store::RawPage::id);
    if (known == at_hand.end()) {
      to_read.push_back(id);
    } else {
      PULSE_CHECK(decode(*known));
    }
  }
  if (!to_read.empty()) PULSE_CHECK(environment.store.raw_pages().Visit(tenant, to_read, decode));
  PULSE_FAILPOINT("k5_pages_decoded");
  return decoded;
}

}  // namespace pulse::pipeline
