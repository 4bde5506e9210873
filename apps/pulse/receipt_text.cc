#include "receipt_text.h"

#include <algorithm>
#include <vector>

#include "text_table.h"
#include <fmt/format.h>

namespace pulse::app {
namespace {

std::string_view WordFor(model::JobStatus status) {
  switch (status) {
    case model::JobStatus::kFinished:
      return "OK";
    case model::JobStatus::kPartial:
      return "PARTIAL";
    case model::JobStatus::kFailed:
      return "FAILED";
    case model::JobStatus::kCancelled:
      return "CANCELLED";
    case model::JobStatus::kQueued:
    case model::JobStatus::kRunning:
      break;
  }
  return "OPEN";
}

std::string EntityTable(const model::Receipt& receipt, std::size_t width) {
  std::vector<TextColumn> columns = {{"entity"}};
  for (const std::string_view title :
       {"source", "inserted", "updated", "unchanged", "deleted", "quarantined", "vectors"}) {
    columns.push_back({std::string(title), Align::kRight});
  }
  std::vector<TextRow> rows;
  rows.reserve(receipt.entities.size());
  for (const auto& [name, counts] : receipt.entities) {
    rows.push_back(
        {name,
         counts.source ? WithThousands(*counts.source) : "-",
         WithThousands(counts.inserted),
         WithThousands(counts.updated),
         WithThousands(counts.unchanged),
         WithThousands(counts.deleted),
         WithThousands(counts.quarantined),
         WithThousands(counts.vectors)}
    );
  }
  return RenderTable(columns, rows, width);
}

std::int64_t Calls(const model::Receipt& receipt) {
  std::int64_t calls = 0;
  for (const auto& [endpoint, count] : receipt.api_calls) calls += count;
  return calls;
}

}  // namespace

std::int64_t Loaded(const model::EntityCounts& counts) {
  return counts.inserted + counts.updated + counts.unchanged;
}

bool AddsUp(const model::Receipt& receipt) {
  const bool counts_agree = std::ranges::all_of(receipt.entities, [](const auto& entity) {
    const model::EntityCounts& counts = entity.second;
    return !counts.source || *counts.source == Loaded(counts) + counts.quarantined;
  });
  return counts_agree && receipt.gaps.empty();
}

std::string ReceiptText(const model::Receipt& receipt, std::string_view label, std::size_t width) {
  std::string out = fmt::format(
      "{} job {}  {}  {} in {}\n",
      WordFor(receipt.status),
      receipt.job.value(),
      label,
      model::Name(receipt.status),
      HumanSeconds(receipt.seconds)
  );
  if (!receipt.entities.empty()) out += EntityTable(receipt, width);
  out += fmt::format(
      "calls {}   gaps {}\n", WithThousands(Calls(receipt)), WithThousands(std::ssize(receipt.gaps))
  );
  // A hundred holes have one cause; the JSON form has them all.
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < std::min(receipt.gaps.size(), kShown); ++i) {
    const model::Gap& gap = receipt.gaps[i];
    out += FitWidth("  gap " + GapText(gap), width == 0 ? 400 : width) + "\n";
  }
  if (receipt.gaps.size() > kShown) {
    out += fmt::format("  and {} more gaps (--json)\n", receipt.gaps.size() - kShown);
  }
  return out;
}

std::string GapText(const model::Gap& gap) {
  const bool cursor = gap.scope.empty() || gap.scope.front() == '{';
  return gap.entity_type + (cursor ? "" : " " + gap.scope) + ": " + gap.reason;
}

std::string ReceiptLine(const model::Receipt& receipt) {
  const model::EntityCounts* most = nullptr;
  for (const auto& [name, counts] : receipt.entities) {
    if (counts.source && (most == nullptr || *counts.source > *most->source)) most = &counts;
  }
  std::string out;
  if (most != nullptr) {
    out = fmt::format(
        "source {} = loaded {} + quarantined {}   changed {}   vectors {}   ",
        WithThousands(*most->source),
        WithThousands(Loaded(*most)),
        WithThousands(most->quarantined),
        WithThousands(most->inserted + most->updated),
        WithThousands(most->vectors)
    );
  } else {
    std::int64_t loaded = 0;
    for (const auto& [name, counts] : receipt.entities) loaded += Loaded(counts);
    out = fmt::format("not counted at the source   loaded {}   ", WithThousands(loaded));
  }
  return out + fmt::format("gaps {}", receipt.gaps.size());
}

}  // namespace pulse::app
