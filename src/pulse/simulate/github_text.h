#pragma once

/// \file
/// Text: what people write around pull requests, made from a stream of random numbers. The subjects
/// (payments, deploys, timeouts) are those of the simulated issues, so that searches find both.

#include <string>
#include <string_view>

#include "pulse/simulate/random.h"

namespace pulse::simulate::github {

/// `Retry card authorisations that time out`: no period, no line break.
void AppendTitle(Random& random, std::string& out);
/// One sentence with its period.
void AppendSentence(Random& random, std::string& out);
/// `sentences` of them, separated by spaces.
void AppendParagraph(Random& random, int sentences, std::string& out);
/// A file of the simulated code base.
void AppendPath(Random& random, std::string& out);
/// Lower case, words joined by dashes, at most `max_bytes`.
std::string Slug(std::string_view title, std::size_t max_bytes);

}  // namespace pulse::simulate::github
