#pragma once

/// \file
/// For tests: a private PostgreSQL 15 for all test processes of one ctest run (or for one process
/// started by hand), and a database of its own for each test, cloned from a migrated one. The
/// server listens on a Unix socket only and goes with the run. It does not wait for the disk
/// (fsync = off): these tests are about what is written, not about power cuts.
///
/// Tests connect as `pulse_login`, a login without rights of its own that is a member of the roles,
/// as a service's login is; superuser_url() is for looking behind them. Needs Debian's
/// postgresql-15.

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pulse/store/postgres/connection.h"
#include "pulse/store/postgres/migrator.h"
#include "pulse/store/postgres/roles.h"

namespace pulse::store::postgres {

class TestServer {
 public:
  /// Starts it, or finds the one this test run has. Throws when that is not possible: no test of
  /// this module makes sense without.
  TestServer() {
    if (!std::filesystem::exists(kBinaries / "postgres")) {
      throw std::runtime_error(
          "no PostgreSQL 15 at " + kBinaries.string() + ": install Debian's package postgresql-15"
      );
    }
    folder_ =
        Parent() / ("pulse-pg-" + std::to_string(::getuid()) + "-" + std::to_string(Anchor()));
    const Lock lock(folder_.string() + ".lock");
    if (!std::filesystem::exists(folder_ / "ready")) {
      Start();
      MakeTemplate();
      std::ofstream(folder_ / "ready") << "ready\n";
    }
  }

  std::string Url(const std::string& login, const std::string& database) const {
    return "host=" + folder_.string() + " user=" + login + " dbname=" + database;
  }
  std::string SuperuserUrl(const std::string& database) const { return Url("postgres", database); }
  std::string LoginUrl(const std::string& database) const { return Url("pulse_login", database); }

  /// Runs a statement as the superuser.
  void Execute(const std::string& database, const std::string& statement) const {
    auto connection = Connection::Open({.url = SuperuserUrl(database), .role = ""});
    if (!connection) throw std::runtime_error(connection.error().message());
    if (auto done = (*connection)->Execute(statement, "test"); !done) {
      throw std::runtime_error(done.error().message());
    }
  }

  static constexpr const char* kTemplate = "pulse_template";

 private:
  inline static const std::filesystem::path kBinaries = "/usr/lib/postgresql/15/bin";

  /// Held while one process of the run starts the server.
  class Lock {
   public:
    explicit Lock(const std::string& path)
        : fd_(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
      ::flock(fd_, LOCK_EX);
    }
    ~Lock() { ::close(fd_); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    int fd_;
  };

  static std::filesystem::path Parent() {
    const std::filesystem::path memory = "/dev/shm";
    return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
  }

  /// The process the server lives as long as: ctest when it runs us, else ourselves.
  static pid_t Anchor() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it.
    return std::getenv("CTEST_INTERACTIVE_DEBUG_MODE") != nullptr ? ::getppid() : ::getpid();
  }

  /// The watchdog is a shell outside our process group: it must outlive this test and go with the
  /// anchor. PostgreSQL refuses to run as root.
  void Start() {
    const std::string as =
        ::getuid() == 0 ? "setpriv --reuid postgres --regid postgres --clear-groups " : "";
    const std::string d = folder_.string();
    const std::string bin = kBinaries.string();
    const std::string script =
        "mkdir -p " + d + " && chmod 755 " + d +
        (::getuid() == 0 ? " && chown postgres:postgres " + d : "") + " && cd " + d + " && " + as +
        bin + "/initdb -D " + d + "/data -A trust -U postgres --locale=C.UTF-8 -E UTF8 -N >" + d +
        "/initdb.log 2>&1 && { exec " + as + bin + "/postgres -D " + d + "/data -k " + d +
        " -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=300"
        " -c shared_buffers=64MB -c max_wal_size=2GB -c log_min_messages=error"
        " -c unix_socket_permissions=0777 >" +
        d +
        "/log 2>&1 & } ; pid=$! ; "
        "tail --pid=" +
        std::to_string(Anchor()) +
        " -s 0.2 -f /dev/null ; "
        "kill -INT $pid ; wait $pid ; rm -rf " +
        d + " " + d + ".lock";
    Spawn(script);
    WaitUntilReady();
  }

  static void Spawn(const std::string& script) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    // Nothing of ours stays open there: ctest waits for the end of its pipes.
    for (const int fd : {0, 1, 2}) {
      posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    std::string sh = "/bin/sh";
    std::string flag = "-c";
    std::string text = script;
    char* const arguments[] = {sh.data(), flag.data(), text.data(), nullptr};
    pid_t pid = 0;
    const int failed = ::posix_spawn(&pid, sh.c_str(), &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error("cannot start a shell for PostgreSQL");
  }

  void WaitUntilReady() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
      const auto connection = Connection::Open({.url = SuperuserUrl("postgres"), .role = ""});
      if (connection) return;
      if (std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error(
            "PostgreSQL did not start; see " + (folder_ / "log").string() + ": " +
            connection.error().message()
        );
      }
      ::poll(nullptr, 0, 20);
    }
  }

  void MakeTemplate() const {
    Execute("postgres", "CREATE ROLE pulse_login LOGIN NOINHERIT");
    Execute("postgres", std::string("CREATE DATABASE ") + kTemplate);
    Execute(kTemplate, RoleScript("pulse_login", kTemplate));
    const auto migrated = NewPostgresMigrator({.url = LoginUrl(kTemplate)})->Up();
    if (!migrated) throw std::runtime_error(migrated.error().message());
  }

  std::filesystem::path folder_;
};

/// A database of one test, gone afterwards.
class TestDatabase {
 public:
  /// `like`: TestServer::kTemplate for a migrated one, "template1" for an empty one.
  explicit TestDatabase(const char* like = TestServer::kTemplate) {
    static std::atomic<int> count = 0;
    name_ = "t_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
    server().Execute("postgres", "CREATE DATABASE " + name_ + " TEMPLATE " + like);
  }
  ~TestDatabase() {
    try {
      server().Execute("postgres", "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {
      // The server goes with the run, and the database with it.
      return;
    }
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  std::string url() const { return server().LoginUrl(name_); }
  std::string superuser_url() const { return server().SuperuserUrl(name_); }
  const std::string& name() const { return name_; }
  /// As the superuser, whom row-level security does not bind.
  void Execute(const std::string& statement) const { server().Execute(name_, statement); }

  static const TestServer& server() {
    static const TestServer server;
    return server;
  }

 private:
  std::string name_;
};

}  // namespace pulse::store::postgres
