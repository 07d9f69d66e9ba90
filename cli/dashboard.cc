#include <fmt/format.h>
#include <httplib.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <thread>

#include "cli/commands.h"
#include "cli/dashboard_guard.h"
#include "cli/dashboard_page.h"
#include "cli/data_folder.h"
#include "cli/read_views.h"
#include "cli/show.h"
#include "runtime/health.h"
#include "runtime/log.h"
#include "runtime/service.h"

namespace fuzzmill::cli {
namespace {

constexpr std::size_t kGroups = 200, kNodes = 200;
constexpr std::size_t kThreads = 2;  // few people look at once; more threads are only memory

schema::Result<std::string> read_token(const std::string& file) {
  if (file.empty()) return std::string();
  struct stat status = {};
  if (stat(file.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
    return schema::denied(fmt::format("others may read {0}: chmod 600 {0}", file));
  }
  auto token = read_line(file);
  if (token && token->size() < 16)
    return schema::invalid(fmt::format("the token in {} has fewer than 16 characters", file));
  return token;
}

// One connection a request: a page is rare, and Redis may have been restarted meanwhile.
class Pages {
 public:
  explicit Pages(RedisOptions redis) : redis_(std::move(redis)) {}

  PageFacts facts() const {
    PageFacts facts;
    facts.now_ms = runtime::unix_ms();
    if (auto read = fill(facts); !read) facts.problem = read.error().message;
    return facts;
  }

 private:
  schema::Status fill(PageFacts& facts) const {
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    auto page = store::CrashIndex(*redis).list({}, kGroups);
    if (!page) return page.error();
    facts.groups = std::move(page->rows);
    facts.more_groups = !page->cursor.empty();
    sort_groups(facts.groups, facts.now_ms);
    auto nodes = read_nodes(*redis, kNodes);
    if (!nodes) return nodes.error();
    facts.nodes = std::move(*nodes);
    auto stages = store::stage_states(*redis);
    if (!stages) return stages.error();
    facts.stages = std::move(*stages);
    auto dead = read_dead_counts(*redis);
    if (!dead) return dead.error();
    facts.dead = std::move(*dead);
    return {};
  }

  RedisOptions redis_;
};

void answer_json(httplib::Response& response, const PageFacts& facts, nlohmann::json json) {
  if (!facts.problem.empty()) {
    response.status = 503;
    json = {{"error", facts.problem}};
  }
  response.set_content(json_text(json), "application/json");
}

void add_routes(httplib::Server& server, const Pages& pages, const std::string& token) {
  server.set_default_headers({{"Content-Security-Policy", page_policy()},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Cache-Control", "no-store"}});
  server.set_pre_routing_handler([token](const httplib::Request& request, httplib::Response& response) {
    switch (admit(token, request.get_header_value("Host"), request.get_header_value("Authorization"))) {
      case Entry::kAdmitted:
        return httplib::Server::HandlerResponse::Unhandled;
      case Entry::kWrongHost:
        response.status = 403;
        break;
      case Entry::kWrongToken:
        response.status = 401;
        response.set_header("WWW-Authenticate", "Basic realm=\"fuzzmill\"");
        break;
    }
    response.set_content("not for you\n", "text/plain");
    return httplib::Server::HandlerResponse::Handled;
  });
  server.Get("/", [&pages](const httplib::Request&, httplib::Response& response) {
    response.set_content(page_html(pages.facts()), "text/html; charset=utf-8");
  });
  server.Get("/api/crashes", [&pages](const httplib::Request&, httplib::Response& response) {
    const auto facts = pages.facts();
    answer_json(response, facts, groups_json(facts.groups, ""));
  });
  server.Get("/api/nodes", [&pages](const httplib::Request&, httplib::Response& response) {
    const auto facts = pages.facts();
    answer_json(response, facts, nodes_json(facts.nodes, facts.now_ms));
  });
  server.Get("/api/queue", [&pages](const httplib::Request&, httplib::Response& response) {
    const auto facts = pages.facts();
    answer_json(response, facts, queue_json(facts.stages, facts.dead, facts.now_ms));
  });
}

class Dashboard final : public Command {
 public:
  void declare(runtime::Options& options) override {
    redis_.declare(options);
    service_.declare(options);
    options.text("listen", listen_, "ADDRESS", "where to serve; port 0 takes a free one");
    options.text("dashboard-token-file", token_file_, "FILE",
                 "its first line is the password; without one only this machine may look");
  }

  schema::Result<ExitCode> run() override {
    auto address = parse_listen(listen_);
    if (!address) return address.error();
    const auto token = read_token(token_file_);
    if (!token) return token.error();
    if (auto may = may_listen(*address, !token->empty()); !may) return may.error();

    runtime::Service service("dashboard", service_);
    httplib::Server server;
    const Pages pages(redis_);
    server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server.set_payload_max_length(4096);
    server.set_keep_alive_max_count(20);
    add_routes(server, pages, *token);
    const int port = address->port == 0 ? server.bind_to_any_port(address->host.c_str())
                     : server.bind_to_port(address->host.c_str(), address->port) ? address->port
                                                                                 : -1;
    if (port < 0) {
      return schema::unavailable(
          fmt::format("cannot listen on {}: is the port taken? Choose another with --listen", listen_));
    }
    return serve(server, service, *address, port);
  }

 private:
  schema::Result<ExitCode> serve(httplib::Server& server, runtime::Service& service,
                                 const ListenAddress& address, int port) {
    const bool v6 = address.host.find(':') != std::string::npos;
    const std::string url =
        fmt::format("http://{}{}{}:{}/", v6 ? "[" : "", address.host, v6 ? "]" : "", port);
    if (!service_.run.empty()) {
      const auto file = std::filesystem::path(service_.run) / "dashboard.url";
      if (const auto written = runtime::write_atomically(file, url + "\n"); !written) return written.error();
    }
    // The port is bound: who connects from now on is served as soon as the loop below runs.
    service.ready(url);
    const std::stop_token stop = service.stop_token();
    // stop() does nothing before the loop runs, so whoever stops us so early waits for that moment.
    std::atomic<bool> ended = false;
    const std::stop_callback ends(stop, [&] {
      while (!server.is_running() && !ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      server.stop();
    });
    const bool served = server.listen_after_bind();
    ended = true;
    if (!served && !stop.stop_requested()) return schema::unavailable(fmt::format("cannot serve {}", url));
    return ExitCode::kOk;
  }

  RedisOptions redis_;
  runtime::ServiceOptions service_;
  std::string listen_ = "127.0.0.1:7410", token_file_;
};

}  // namespace

CommandRow dashboard_command() {
  return {{"dashboard", "Serves a page with crash groups, nodes and the queue",
           "Also as JSON, as `crashes`, `nodes` and `queue` print it: /api/crashes, /api/nodes, /api/queue.\n"
           "With a token, browsers ask for a password (any user name); programs send Authorization: Bearer "
           "TOKEN.",
           "fuzzmill dashboard --listen 127.0.0.1:7410"},
          make_command<Dashboard>};
}

}  // namespace fuzzmill::cli
