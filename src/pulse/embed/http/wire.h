#pragma once

/// \file
/// The JSON of /v1/embeddings. Pure.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::embed::http {

/// {"input": [...], "model": …}. Invalid UTF-8 becomes U+FFFD.
std::string EncodeRequest(std::string_view model, std::span<const std::string_view> texts);

struct EncodedVectors {
  std::string model;                        ///< As the server names it; may be empty.
  std::vector<std::vector<float>> vectors;  ///< In the order of the texts, of unit length.
};

/// Errors: kUnavailable (not such an answer, or not for `count` texts: worth another try), kInvalid
/// (a vector without length, or of other dimensions than the rest).
Result<EncodedVectors> DecodeAnswer(std::string_view body, std::size_t count);

/// What the server says is wrong: {"error": {"message"}} or {"error": "…"}, one line, at most 200
/// bytes of it; empty when it says nothing we can read.
std::string DecodeError(std::string_view body);

}  // namespace pulse::embed::http
