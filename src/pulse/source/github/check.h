#pragma once

/// \file
/// Who the credential is and what it can read.

#include "pulse/source/github/api.h"
#include "pulse/source/source.h"

namespace pulse::source::github {

/// Three calls at most. Errors: the transport's, with what was tried.
Result<Account> CheckAccount(const model::Integration& integration, Api& api, EpochMs now);

}  // namespace pulse::source::github
