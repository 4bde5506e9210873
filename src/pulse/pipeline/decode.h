#pragma once

/// \file
/// From raw pages to rows and problems: the work transform and a load with lost staging share.

#include <vector>

#include "pulse/pipeline/stage.h"

namespace pulse::pipeline {

struct Decoded {
  std::vector<store::SettledRaw> settled;
  std::vector<store::NewDeadLetter> dead_letters;
  std::vector<model::Gap> gaps;
};

/// Runs the connector's transform over the pages, adding to `rows`. Pure apart from reading those
/// that are not at hand.
Result<Decoded> DecodePages(
    Environment& environment,
    TenantId tenant,
    const std::vector<RawId>& ids,
    const std::vector<store::RawPage>& at_hand,
    model::RowBatch& rows
);

}  // namespace pulse::pipeline
