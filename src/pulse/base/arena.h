#pragma once

/// \file
/// Arena: bytes that live exactly as long as the batch of rows that points at them.

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace pulse {

/// Hands out stable copies of strings. Never frees a single one; all go with the arena.
/// Not thread-safe. Moving an Arena keeps every view valid.
class Arena {
 public:
  std::string_view Copy(std::string_view text) {
    if (text.empty()) return "";
    char* to = Allocate(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  /// `size` uninitialised bytes.
  char* Allocate(std::size_t size) {
    if (size > left_) Grow(size);
    char* at = next_;
    next_ += size;
    left_ -= size;
    return at;
  }

  std::size_t bytes() const noexcept { return bytes_; }

 private:
  void Grow(std::size_t size) {
    // 64 KiB: about twenty issues; a text larger than that gets a block of its own.
    constexpr std::size_t kBlockBytes = std::size_t{64} * 1024;
    const std::size_t block = std::max(size, kBlockBytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
    next_ = blocks_.back().get();
    left_ = block;
    bytes_ += block;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace pulse
