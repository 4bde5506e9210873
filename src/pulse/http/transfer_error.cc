#include "pulse/http/transfer_error.h"

#include <curl/curl.h>

namespace pulse::http {

bool IsTrustError(int code) noexcept {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return true;
    default:
      return false;
  }
}

ErrorKind KindOfTransferError(int code) noexcept {
  if (IsTrustError(code)) return ErrorKind::kInvalid;
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorKind::kTimeout;
    case CURLE_ABORTED_BY_CALLBACK:
      return ErrorKind::kCancelled;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return ErrorKind::kInvalid;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN:
      return ErrorKind::kInternal;
    default:  // Resolving, connecting, the handshake, resets, cut or corrupt bodies, strange
              // replies.
      return ErrorKind::kUnavailable;
  }
}

}  // namespace pulse::http
