#include "pulse/http/check_url.h"

#include <memory>
#include <new>
#include <string_view>

#include <curl/curl.h>
#include <fmt/format.h>

#include "pulse/http/free_with.h"

namespace pulse::http {
namespace {

using Url = std::unique_ptr<CURLU, FreeWith<curl_url_cleanup>>;
using CurlText = std::unique_ptr<char, FreeWith<curl_free>>;

std::string DisplayUrl(CURLU* url) {
  curl_url_set(url, CURLUPART_USER, nullptr, 0);
  curl_url_set(url, CURLUPART_PASSWORD, nullptr, 0);
  curl_url_set(url, CURLUPART_QUERY, nullptr, 0);
  curl_url_set(url, CURLUPART_FRAGMENT, nullptr, 0);
  char* text = nullptr;
  if (curl_url_get(url, CURLUPART_URL, &text, 0) != CURLUE_OK) return "url";
  const CurlText owned(text);
  return owned.get();
}

}  // namespace

Result<std::string> CheckUrl(const std::string& text) {
  const Url url(curl_url());
  if (!url) throw std::bad_alloc();
  const CURLUcode code =
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) {
    return Error{
        ErrorKind::kInvalid, fmt::format("url cannot be read: {}", curl_url_strerror(code))
    };
  }
  char* part = nullptr;
  if (curl_url_get(url.get(), CURLUPART_USER, &part, 0) != CURLUE_NO_USER) {
    const CurlText user(part);
    return Error{ErrorKind::kInvalid, DisplayUrl(url.get()) + ": credentials in a url are refused"};
  }
  curl_url_get(url.get(), CURLUPART_SCHEME, &part, 0);
  const CurlText scheme(part);
  const std::string_view name = scheme ? scheme.get() : "";
  std::string shown = DisplayUrl(url.get());
  if (name != "http" && name != "https") {
    return Error{ErrorKind::kInvalid, shown + ": only http and https are supported"};
  }
  return shown;
}

}  // namespace pulse::http
