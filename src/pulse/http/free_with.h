#pragma once

/// \file
/// FreeWith: unique_ptr over what a C library hands out.

namespace pulse::http {

/// std::unique_ptr<CURL, FreeWith<curl_easy_cleanup>>
template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* held) const noexcept {
    Free(held);
  }
};

}  // namespace pulse::http
