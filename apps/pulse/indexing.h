#pragma once

/// \file
/// The vectors of an integration that goes.

#include "engine.h"

namespace pulse::app {

/// Erases the points of an integration's rows; does nothing when vectors are off.
Result<> EraseVectorsOf(Engine& engine, const model::Integration& integration);

}  // namespace pulse::app
