#include <curl/curl.h>

#include <gtest/gtest.h>

#include "pulse/http/response_head.h"
#include "pulse/http/server.h"
#include "pulse/http/transfer_error.h"

namespace pulse::http {
namespace {

TEST(HeaderValue, IgnoresCaseAndReturnsTheFirst) {
  const Headers headers{{"Link", "a"}, {"LINK", "b"}};
  EXPECT_EQ(HeaderValue(headers, "link"), "a");
  EXPECT_EQ(HeaderValue(headers, "lin"), "");
}

TEST(ParseQuery, DecodesPairsInOrder) {
  const Headers expected{{"jql", "project = PAY"}, {"jql", "x=y&z"}, {"flag", ""}, {"", "v"}};
  EXPECT_EQ(ParseQuery("jql=project+%3D%20PAY&jql=x=y%26z&&flag&=v"), expected);
  EXPECT_TRUE(ParseQuery("").empty());
}

TEST(PercentDecode, LeavesWhatIsNotAnEscapeAlone) {
  EXPECT_EQ(PercentDecode("a%2fb+c"), "a/b+c");
  EXPECT_EQ(PercentDecode("%"), "%");
  EXPECT_EQ(PercentDecode("%2"), "%2");
  EXPECT_EQ(PercentDecode("%zz%4"), "%zz%4");
}

TEST(PercentEncode, IsUndoneByPercentDecodeForEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentEncode("aZ09-._~ /%"), "aZ09-._~%20%2F%25");
}

TEST(FormatHead, DatesTheResponseAndNamesItsLength) {
  const Response response{.status = 404, .headers = {{"X-A", "b"}}, .body = "gone"};
  EXPECT_EQ(
      FormatHead(response, KeepAlive::kNo, 784111777),
      "HTTP/1.1 404 Not Found\r\nX-A: b\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "Content-Length: 4\r\nConnection: close\r\n\r\n"
  );
}

TEST(FormatHead, KeepsTheHandlersDate) {
  const Response response{.status = 204, .headers = {{"date", "then"}}};
  EXPECT_EQ(
      FormatHead(response, KeepAlive::kYes, 0),
      "HTTP/1.1 204 No Content\r\ndate: then\r\nConnection: keep-alive\r\n\r\n"
  );
}

TEST(HasSafeHeaders, RefusesLineBreaksAndOddNames) {
  EXPECT_TRUE(HasSafeHeaders({.headers = {{"X-A", "b\tc \xc3\xa9"}}}));
  EXPECT_FALSE(HasSafeHeaders({.headers = {{"X-A", "b\r\nX-B: c"}}}));
  EXPECT_FALSE(HasSafeHeaders({.headers = {{"X A", "b"}}}));
  EXPECT_FALSE(HasSafeHeaders({.headers = {{"", "b"}}}));
}

TEST(KindOfTransferError, SaysWhetherAskingAgainCanHelp) {
  for (const int code :
       {CURLE_COULDNT_RESOLVE_HOST,
        CURLE_COULDNT_CONNECT,
        CURLE_PARTIAL_FILE,
        CURLE_RECV_ERROR,
        CURLE_SEND_ERROR,
        CURLE_GOT_NOTHING,
        CURLE_SSL_CONNECT_ERROR,
        CURLE_BAD_CONTENT_ENCODING,
        CURLE_WEIRD_SERVER_REPLY}) {
    EXPECT_EQ(KindOfTransferError(code), ErrorKind::kUnavailable) << code;
  }
  EXPECT_EQ(KindOfTransferError(CURLE_OPERATION_TIMEDOUT), ErrorKind::kTimeout);
  EXPECT_EQ(KindOfTransferError(CURLE_ABORTED_BY_CALLBACK), ErrorKind::kCancelled);
  EXPECT_EQ(KindOfTransferError(CURLE_PEER_FAILED_VERIFICATION), ErrorKind::kInvalid);
  EXPECT_EQ(KindOfTransferError(CURLE_URL_MALFORMAT), ErrorKind::kInvalid);
  EXPECT_EQ(KindOfTransferError(CURLE_OUT_OF_MEMORY), ErrorKind::kInternal);
}

}  // namespace
}  // namespace pulse::http
