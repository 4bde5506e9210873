#pragma once

/// \file
/// Vectors in one SQLite file beside the database. Search is exact: it reads every vector of the
/// tenant, from the kernel's page cache and not from our memory. Right for some hundred thousand
/// points per tenant; beyond that use qdrant/. Passes testing/vectors_conformance.h.

#include <memory>
#include <string>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/vectors/vectors.h"

namespace pulse::vectors::local {

/// Opens or makes `path` for points of `model` with `dimensions` (1..4096) numbers each. Vectors
/// rest as 32-bit floats: 8 bits would make the file a quarter and the scores no longer exact.
///
/// Errors: kInvalid (the file holds another model's points, or is no such file: RemoveLocalVectors,
/// open again and embed everything anew), kUnavailable (disk, permissions).
Result<std::unique_ptr<Vectors>> OpenLocalVectors(
    const std::string& path, int dimensions, std::string_view model
);

/// Deletes the file and what belongs to it. Nobody may have it open. Errors: kUnavailable.
Result<> RemoveLocalVectors(const std::string& path);

}  // namespace pulse::vectors::local
