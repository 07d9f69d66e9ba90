// `fuzzmill up`: everything on this machine, in the shape that production has. Each part is a child with the
// command line that a person would type; only readiness and restarts are ours.
#include <fmt/format.h>
#include <sys/stat.h>

#include <optional>

#include "cli/commands.h"
#include "cli/dashboard_guard.h"
#include "cli/data_folder.h"
#include "cli/find_program.h"
#include "cli/key_folder.h"
#include "cli/port.h"
#include "cli/project_rules.h"
#include "cli/redis_child.h"
#include "cli/show.h"
#include "cli/supervisor.h"
#include "runtime/file_lock.h"
#include "runtime/health.h"
#include "runtime/log.h"
#include "runtime/service.h"
#include "runtime/units.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kLeftoverMs = 30'000;

class Up final : public Command {
 public:
  void declare(runtime::Options& options) override {
    redis_.declare(options);
    options.size("redis-memory", redis_child_.maxmemory,
                 "of the embedded Redis: past it nodes keep events in their spools");
    options.text("endpoint", endpoint_, "URL",
                 "where nodes reach the broker; port 0 chooses one once and keeps it");
    options.text("dashboard", dashboard_, "ADDRESS", "where the dashboard is");
    options.flag("no-dashboard", no_dashboard_, "without it");
    options.text(
        "archive", archive_, "PLACE",
        "where corpus archives go, a folder or s3://bucket/prefix?endpoint=URL&region=NAME; where none is "
        "given, archive/ of --data");
    rules_.declare(options);
    options.text("dashboard-token-file", token_file_, "FILE",
                 "the dashboard's password, for an address that others reach");
    options
        .number("ready-fd", service_.ready_fd,
                "write READY and a line break to this file descriptor once all is up")
        .only_flag();
  }

  schema::Result<ExitCode> run() override {
    // A wrong rule is said here, not by a worker that never gets ready.
    if (const auto rules = rules_.rules(); !rules) return rules.error();
    data_ = redis_.folder();
    if (auto made = make_folders(); !made) return made.error();
    auto lock = runtime::FileLock::take(data_.lock());
    if (!lock) return lock.error();
    forget_the_dead();
    if (const auto keys = make_missing_keys(data_.keys()); !keys) return keys.error();
    if (auto chosen = choose_addresses(); !chosen) return chosen.error();

    Supervisor supervisor;
    if (auto planned = plan(supervisor); !planned) return planned.error();
    service_.run = data_.run().string();
    runtime::Service service("up", service_, [&supervisor] {
      const std::string missing = supervisor.missing();
      return missing.empty() ? std::string("ready") : "waits for " + missing;
    });
    const auto done = supervisor.run([&] { say_what_runs(service); }, service.stop_token());
    if (!done) return done.error();
    return ExitCode::kOk;
  }

 private:
  schema::Status make_folders() {
    for (const fs::path& folder :
         {data_.root, data_.run(), data_.redis(), data_.hold(), data_.archive(), data_.spool()}) {
      std::error_code error;
      const bool made = fs::create_directories(folder, error);
      if (error)
        return schema::denied(
            fmt::format("cannot make {}: {}; choose another --data", folder.string(), error.message()));
      if (made || folder == data_.run()) chmod(folder.c_str(), 0700);
    }
    return {};
  }

  // We hold the lock: whoever wrote these files is gone or ends now.
  void forget_the_dead() {
    std::error_code error;
    for (auto entry = fs::directory_iterator(data_.run(), error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      std::error_code ignored;
      if (entry->path().extension() == ".health" || entry->path() == data_.dashboard_url())
        fs::remove(entry->path(), ignored);
    }
  }

  schema::Status choose_addresses() {
    const auto last = read_line(data_.endpoint());
    chosen_endpoint_ = same_endpoint(endpoint_, last ? *last : "");
    const TcpEndpoint chosen = split_endpoint(chosen_endpoint_);
    if (chosen_endpoint_ != endpoint_ && !is_free(chosen.host, chosen.port)) {
      runtime::log_warn("the broker's port of last time is taken; nodes elsewhere need the new one",
                        {{"was", chosen_endpoint_}});
      chosen_endpoint_ = endpoint_;
    }
    if (no_dashboard_) return {};
    const auto listen = parse_listen(dashboard_);
    if (!listen) return listen.error();
    if (auto may = may_listen(*listen, !token_file_.empty()); !may) return may;
    if (listen->port != 0 && !is_free(listen->host, listen->port)) {
      runtime::log_warn("the dashboard's port is taken; it gets another", {{"wanted", dashboard_}});
      dashboard_ = dashboard_.substr(0, dashboard_.rfind(':')) + ":0";
    }
    return {};
  }

  schema::Status plan(Supervisor& supervisor) {
    if (redis_.redis.empty()) {
      if (auto planned = plan_redis(supervisor); !planned) return planned;
    }
    const auto address = redis_url();
    if (!address) return address.error();
    if (auto written = runtime::write_atomically(data_.redis_url(), *address + "\n"); !written)
      return written;
    plan_broker(supervisor, *address);
    plan_worker(supervisor, *address);
    if (!no_dashboard_) plan_dashboard(supervisor, *address);
    return {};
  }

  // Without the password: children have it from the environment or the file, as we do.
  schema::Result<std::string> redis_url() const {
    if (redis_.redis.empty()) return fmt::format("unix:{}", data_.redis_socket().string());
    const auto address = redis_.address();
    if (!address) return address.error();
    return address->text();
  }

  schema::Status plan_redis(Supervisor& supervisor) {
    if (auto fits = check_socket_path(data_.redis_socket()); !fits) return fits;
    redis_child_.program = find_program("redis-server");
    redis_child_.conf = find_redis_conf();
    if (redis_child_.program.empty()) {
      return schema::not_found(
          "no redis-server in PATH: apt install redis-server, or name a Redis with --redis");
    }
    if (auto gone = wait_for_leftover(data_, kLeftoverMs); !gone) return gone;
    supervisor.add({.name = "redis",
                    .argv = [this] { return redis_arguments(redis_child_, data_); },
                    .probe = [this] { return redis_answers(); },
                    .on_ready = {},
                    .log_file = data_.redis_log(),
                    // A long log takes a while to read: 130 to 170 MB/s.
                    .start_limit = std::chrono::minutes(10)});
    return {};
  }

  // LOADING is an error reply, so that a Redis which still reads its log is not ready.
  bool redis_answers() const {
    store::RedisAddress address;
    address.unix_path = data_.redis_socket().string();
    auto redis = store::Redis::connect(address, std::chrono::milliseconds(500));
    return redis && redis->command({"PING"}).ok();
  }

  std::vector<std::string> own(std::string_view command, const std::string& redis_url,
                               std::vector<std::string> more) const {
    std::vector<std::string> argv = {own_program().string(),
                                     std::string(command),
                                     "--data",
                                     data_.root.string(),
                                     "--redis",
                                     redis_url,
                                     "--run",
                                     data_.run().string(),
                                     "--ready-fd",
                                     "1"};
    argv.insert(argv.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return argv;
  }

  void plan_broker(Supervisor& supervisor, const std::string& url) {
    supervisor.add({.name = "broker",
                    .argv =
                        [this, url] {
                          return own("broker", url,
                                     {"--endpoint", chosen_endpoint_, "--keys", data_.keys().string(),
                                      "--hold", data_.hold().string()});
                        },
                    .probe = {},
                    .on_ready = [this]() -> schema::Status {
                      // From now on this very port, so that nodes and workers find a restarted broker.
                      auto bound = read_line(data_.endpoint());
                      if (!bound) return bound.error();
                      chosen_endpoint_ = *bound;
                      return {};
                    },
                    .log_file = {}});
  }

  void plan_worker(Supervisor& supervisor, const std::string& url) {
    supervisor.add({.name = "worker",
                    .argv =
                        [this, url] {
                          std::vector<std::string> more = rules_.arguments();
                          more.insert(more.end(), {"--endpoint", loopback_of(chosen_endpoint_), "--keys",
                                                   data_.keys().string(), "--archive",
                                                   archive_.empty() ? data_.archive().string() : archive_,
                                                   "--crash-archive", data_.archive().string(), "--alert-log",
                                                   data_.alerts_log().string(), "all"});
                          return own("worker", url, std::move(more));
                        },
                    .probe = {},
                    .on_ready = {},
                    .log_file = {}});
  }

  void plan_dashboard(Supervisor& supervisor, const std::string& url) {
    supervisor.add({.name = "dashboard",
                    .argv =
                        [this, url] {
                          std::vector<std::string> more = {"--listen", dashboard_};
                          if (!token_file_.empty())
                            more.insert(more.end(), {"--dashboard-token-file", token_file_});
                          return own("dashboard", url, std::move(more));
                        },
                    .probe = {},
                    .on_ready = {},
                    .log_file = {},
                    .essential = false});
  }

  void say_what_runs(runtime::Service& service) {
    const auto url = redis_url();
    print(
        fmt::format("fuzzmill is up\n"
                    "  data       {}\n"
                    "  redis      {}\n"
                    "  broker     {}\n"
                    "  worker     fingerprint, classify, archive, alert\n",
                    data_.root.string(), url ? *url : "-", chosen_endpoint_));
    if (!no_dashboard_) {
      const auto page = read_line(data_.dashboard_url());
      print(fmt::format("  dashboard  {}\n", page ? *page : "does not start: see the log"));
    }
    const std::string data =
        data_.root == default_data_folder() ? "" : fmt::format(" --data {}", data_.root.string());
    print(
        fmt::format("Fuzz here:       fuzzmill run{0} -- ./fuzz_target corpus/\n"
                    "Fuzz elsewhere:  fuzzmill keys new NODE{0}, then see `fuzzmill help run`\n"
                    "Look:            fuzzmill crashes{0}\n",
                    data));
    if (service_.ready_fd != 1) print("READY\n");
    std::fflush(stdout);
    service.ready(data_.root.string());
  }

  RedisOptions redis_;
  runtime::ServiceOptions service_;
  ProjectRuleOptions rules_;
  RedisChild redis_child_{{}, {}, 2ull << 30};
  DataFolder data_;
  std::string endpoint_ = "tcp://127.0.0.1:0", dashboard_ = "127.0.0.1:7410", token_file_, archive_;
  std::string chosen_endpoint_;
  bool no_dashboard_ = false;
};

}  // namespace

CommandRow up_command() {
  return {{"up", "Starts everything on this machine: Redis, broker, workers, dashboard",
           "Ends with SIGTERM or ^C, all in reverse order; what dies meanwhile is started again.\n"
           "Prints READY on a line of its own when all is up.",
           "fuzzmill up --data /var/lib/fuzzmill/up"},
          make_command<Up>};
}

}  // namespace fuzzmill::cli
