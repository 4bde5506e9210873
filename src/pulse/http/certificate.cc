#include "pulse/http/certificate.h"

#include <memory>
#include <stdexcept>

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "pulse/http/free_with.h"

namespace pulse::http {
namespace {

using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, FreeWith<X509_free>>;
using Memory = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;

void Require(bool ok) {
  if (!ok) throw std::runtime_error("openssl could not make a certificate");
}

std::string Contents(const Memory& memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

bool IsAddress(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

void Extend(X509* certificate, int kind, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  Require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

}  // namespace

Certificate SelfSigned(const std::string& host) {
  const Key key(EVP_EC_gen("P-256"));
  const Cert certificate(X509_new());
  Require(key != nullptr && certificate != nullptr);
  X509* x509 = certificate.get();
  constexpr long kDay = 24L * 60 * 60;
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(x509), kDay);
  X509_set_pubkey(x509, key.get());
  X509_NAME* name = X509_get_subject_name(x509);
  const auto* common_name = reinterpret_cast<const unsigned char*>(host.c_str());
  Require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common_name, -1, -1, 0) == 1);
  Require(X509_set_issuer_name(x509, name) == 1);
  Extend(x509, NID_subject_alt_name, (IsAddress(host) ? "IP:" : "DNS:") + host);
  Extend(x509, NID_basic_constraints, "critical,CA:TRUE");
  Require(X509_sign(x509, key.get(), EVP_sha256()) > 0);

  const Memory certificate_text(BIO_new(BIO_s_mem()));
  const Memory key_text(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(certificate_text.get(), x509) == 1);
  Require(
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
      1
  );
  return {.certificate = Contents(certificate_text), .key = Contents(key_text)};
}

}  // namespace pulse::http
