#include "pulse/source/transport/clock_skew.h"

namespace pulse::source {

EpochMs ClockSkew(EpochMs date, EpochMs sent, EpochMs received) {
  // The source's clock showed date..date+999 at a moment that was sent..received for us.
  const EpochMs least = date - received;
  const EpochMs most = date + 999 - sent;
  return least <= 0 && most >= 0 ? 0 : least;
}

}  // namespace pulse::source
