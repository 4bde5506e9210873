#pragma once

/// \file
/// The checks of `pulse doctor --security`: what an attacker, or a power cut, would find.

#include <vector>

#include "doctor.h"

#include "pulse/config/settings.h"

namespace pulse::app {

/// Key files, TLS and passwords of the servers in use, exposed ports, source addresses; with a
/// PostgreSQL server also roles and rights, row-level security and durability. Changes nothing.
std::vector<Finding> ExamineSecurity(const config::Settings& settings);

}  // namespace pulse::app
