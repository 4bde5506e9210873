#pragma once

/// \file
/// PULSE_FAILPOINT("k4_before_commit"): a named place where a test can make the process die, stop
/// or be slow. Compiled in for tests only; a release binary does not contain the names.
///
/// PULSE_FAILPOINT=NAME:NTH:ACTION selects one: at the NTH time (from 1) NAME is reached, `kill`
/// (SIGKILL itself), `stop` (SIGSTOP itself) or `delay=MS`. docs/states.md lists the names.

#ifdef PULSE_FAILPOINTS
namespace pulse {
void ReachFailpoint(const char* name);
}
#define PULSE_FAILPOINT(name) ::pulse::ReachFailpoint(name)
#else
#define PULSE_FAILPOINT(name) static_cast<void>(0)
#endif
