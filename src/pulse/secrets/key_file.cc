#include "pulse/secrets/key_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pulse::secrets {
namespace {

constexpr std::string_view kMark = "pulse-key-1";
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kIdDigits = kIdBytes * 2;
constexpr std::size_t kKeyDigits = kKeyBytes * 2;
constexpr std::size_t kLineBytes = kMark.size() + 1 + kIdDigits + 1 + kKeyDigits + 1;
constexpr std::size_t kMaxKeys = 100;  // A file of ten rotations a year for ten years.
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }
  bool ok() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

std::string PathIn(const std::string& home) { return home + "/secret.key"; }

Error Failed(std::string_view doing, const std::string& path) {
  std::array<char, 128> buffer{};
  const char* why = strerror_r(errno, buffer.data(), buffer.size());
  return {ErrorKind::kUnavailable, fmt::format("{} {}: {}", doing, path, why)};
}

Result<> CheckAccess(const Descriptor& file, const std::string& path) {
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return Failed("look at", path);
  if (!S_ISREG(status.st_mode)) return Error{ErrorKind::kInvalid, path + ": not a regular file"};
  if ((status.st_mode & kOthers) != 0) {
    return Error{
        ErrorKind::kInvalid,
        fmt::format(
            "{} is open to other users (mode {:04o}); fix: chmod 600 {}",
            path,
            static_cast<unsigned>(status.st_mode & 07777U),
            path
        )
    };
  }
  if (status.st_uid != geteuid() && status.st_uid != 0) {
    return Error{
        ErrorKind::kInvalid,
        fmt::format(
            "{} belongs to user {}, not to {}; fix: chown it to the user pulse runs as",
            path,
            status.st_uid,
            geteuid()
        )
    };
  }
  return {};
}

/// `line` without its end. Nothing when it is not of the form in the header.
std::shared_ptr<const Key> ParseLine(std::string_view line) {
  if (line.size() != kLineBytes - 1 || !line.starts_with(kMark)) return nullptr;
  const std::string_view id = line.substr(kMark.size() + 1, kIdDigits);
  const std::string_view digits = line.substr(kMark.size() + 1 + kIdDigits + 1);
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (line[kMark.size()] != ' ' || line[kMark.size() + 1 + kIdDigits] != ' ') return nullptr;
  if (!std::ranges::all_of(id, is_digit) || !std::ranges::all_of(digits, is_digit)) return nullptr;
  auto key = std::make_shared<Key>(Key{.id = std::string{id}, .bytes = NewSecretBytes(kKeyBytes)});
  auto* bytes = reinterpret_cast<unsigned char*>(key->bytes.get());
  sodium_hex2bin(bytes, kKeyBytes, digits.data(), digits.size(), nullptr, nullptr, nullptr);
  return key;
}

Result<KeyRing> Parse(std::string_view text, const std::string& path) {
  KeyRing keys;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    auto key = ParseLine(line);
    if (!key) {
      return Error{
          ErrorKind::kInvalid,
          fmt::format(
              "{} line {}: not a key; fix: restore the file from its backup", path, keys.size() + 1
          )
      };
    }
    keys.push_back(std::move(key));
  }
  if (keys.empty()) {
    return Error{
        ErrorKind::kInvalid,
        path +
            " is empty; fix: restore it from its backup, or remove it and enter every token again"
    };
  }
  return keys;
}

std::shared_ptr<const Key> NewKey() {
  std::array<unsigned char, kIdBytes> id{};
  randombytes_buf(id.data(), id.size());
  std::array<char, kIdDigits + 1> digits{};
  sodium_bin2hex(digits.data(), digits.size(), id.data(), id.size());
  auto key = std::make_shared<Key>(Key{.id = digits.data(), .bytes = NewSecretBytes(kKeyBytes)});
  randombytes_buf(key->bytes.get(), kKeyBytes);
  return key;
}

bool WriteAll(const Descriptor& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Writes `keys` to a new file beside the real one and returns its path.
Result<std::string> WriteAside(const std::string& home, const KeyRing& keys) {
  std::string path = fmt::format("{}.{}.{:08x}", PathIn(home), getpid(), randombytes_random());
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.ok()) return Failed("create", path);
  for (const auto& key : keys) {
    const SecretBytes digits = NewSecretBytes(kKeyDigits + 1);
    const auto* bytes = reinterpret_cast<const unsigned char*>(key->bytes.get());
    sodium_bin2hex(digits.get(), kKeyDigits + 1, bytes, kKeyBytes);
    const bool written = WriteAll(file, fmt::format("{} {} ", kMark, key->id)) &&
                         WriteAll(file, {digits.get(), kKeyDigits}) && WriteAll(file, "\n");
    if (!written) {
      Error error = Failed("write", path);
      unlink(path.c_str());
      return error;
    }
  }
  if (fsync(file.get()) != 0) {
    Error error = Failed("flush", path);
    unlink(path.c_str());
    return error;
  }
  return path;
}

Result<> MakeHome(const std::string& home) {
  for (std::size_t slash = home.find('/', 1); slash != std::string::npos;
       slash = home.find('/', slash + 1)) {
    mkdir(home.substr(0, slash).c_str(), 0755);  // The next step tells whether it worked.
  }
  if (mkdir(home.c_str(), 0700) != 0 && errno != EEXIST) return Failed("create", home);
  return {};
}

}  // namespace

void WipeAndFree::operator()(char* bytes) const noexcept { sodium_free(bytes); }

SecretBytes NewSecretBytes(std::size_t size) {
  SecretBytes bytes(static_cast<char*>(sodium_malloc(size)));
  if (!bytes) throw std::bad_alloc();
  return bytes;
}

Result<KeyRing> ReadKeyFile(const std::string& home) {
  const std::string path = PathIn(home);
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.ok() && errno == ENOENT) return Error{ErrorKind::kNotFound, path + " does not exist"};
  if (!file.ok()) return Failed("open", path);
  PULSE_CHECK(CheckAccess(file, path));
  constexpr std::size_t kMaxBytes = kMaxKeys * kLineBytes;
  const SecretBytes text = NewSecretBytes(kMaxBytes + 1);
  std::size_t size = 0;
  while (size <= kMaxBytes) {
    const ssize_t got = read(file.get(), text.get() + size, kMaxBytes + 1 - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMaxBytes) {
    return Error{ErrorKind::kInvalid, fmt::format("{}: more than {} keys", path, kMaxKeys)};
  }
  return Parse({text.get(), size}, path);
}

Result<KeyRing> ReadOrCreateKeyFile(const std::string& home) {
  auto present = ReadKeyFile(home);
  if (present || present.error().kind() != ErrorKind::kNotFound) return present;
  PULSE_CHECK(MakeHome(home));
  PULSE_TRY(const std::string aside, WriteAside(home, {NewKey()}));
  // link() and not rename(): it never replaces a file that another process has just created.
  const std::string path = PathIn(home);
  const bool linked = link(aside.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const Result<> outcome = linked ? Result<>{} : Result<>{Failed("create", path)};
  unlink(aside.c_str());
  PULSE_CHECK(outcome);
  const Descriptor folder(open(home.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.ok() || fsync(folder.get()) != 0) return Failed("flush", home);
  return ReadKeyFile(home);
}

Result<KeyRing> AddKey(const std::string& home) {
  const Descriptor folder(open(home.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.ok()) return Failed("open", home);
  if (flock(folder.get(), LOCK_EX) != 0) return Failed("lock", home);
  PULSE_TRY(KeyRing keys, ReadKeyFile(home));
  if (keys.size() == kMaxKeys) {
    return Error{ErrorKind::kInvalid, fmt::format("{}: already {} keys", PathIn(home), kMaxKeys)};
  }
  keys.insert(keys.begin(), NewKey());
  PULSE_TRY(const std::string aside, WriteAside(home, keys));
  const std::string path = PathIn(home);
  if (rename(aside.c_str(), path.c_str()) != 0) {
    Error error = Failed("replace", path);
    unlink(aside.c_str());
    return error;
  }
  if (fsync(folder.get()) != 0) return Failed("flush", home);
  return keys;
}

}  // namespace pulse::secrets
