#include "workers/alert/webhook.h"

#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/catch.h"
#include "workers/deliveries.h"

namespace fuzzmill::workers {
namespace {

using nlohmann::json;
using schema::OutcomeKind;

// A receiver on a port of its own; it answers as told and remembers what it got.
struct Receiver {
  struct Request {
    std::string body, key, type;
  };
  httplib::Server server;
  int port = 0;
  std::thread thread;
  std::mutex mutex;
  std::vector<int> answers;  // in order; then 200
  std::string retry_after;
  std::vector<Request> requests;

  Receiver() {
    server.Post("/hook", [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex);
      requests.push_back({request.body, request.get_header_value("Idempotency-Key"),
                          request.get_header_value("Content-Type")});
      response.status = requests.size() <= answers.size() ? answers[requests.size() - 1] : 200;
      if (!retry_after.empty()) response.set_header("Retry-After", retry_after);
      if (response.status == 302) response.set_header("Location", "/hook");
    });
    port = server.bind_to_any_port("127.0.0.1");
    thread = std::thread([this] { server.listen_after_bind(); });
  }
  ~Receiver() {
    server.stop();
    thread.join();
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/hook?token=geheim", port); }
};

schema::Event alert(std::uint64_t number) {
  schema::AlertRaised body;
  body.alert = "group.new", body.subject = "0123456789abcdef", body.severity = "HIGH", body.title = "a <b>";
  return {schema::EventId::of(8, number), "nyc", "fuzz_tlv", kTestNow, {}, std::move(body)};
}

std::unique_ptr<Sink> webhook(const std::string& url, WebhookForm form = WebhookForm::kJson) {
  WebhookOptions options;
  options.url = url, options.form = form;
  options.timeout = std::chrono::milliseconds(2000);
  auto made = Webhook::make(std::move(options));
  REQUIRE(made.ok());
  return std::move(made).value();
}

}  // namespace

TEST_CASE("An alert is posted as JSON with its id as the key against repeats") {
  Receiver receiver;
  const auto sink = webhook(receiver.url());
  const auto one = alert(1), two = alert(2);
  const auto outcomes = sink->deliver({{&one, 1}, {&two, 1}});
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].kind == OutcomeKind::kDone);
  CHECK(outcomes[1].kind == OutcomeKind::kDone);
  REQUIRE(receiver.requests.size() == 2);
  CHECK(receiver.requests[0].key == one.id.hex());
  CHECK(receiver.requests[0].type == "application/json");
  CHECK(json::parse(receiver.requests[1].body)["id"] == two.id.hex());
}

TEST_CASE("A receiver that fails gets the alert again, and the rest of the batch waits with it") {
  Receiver receiver;
  receiver.answers = {500};
  const auto sink = webhook(receiver.url());
  const auto one = alert(1), two = alert(2);
  const auto failed = sink->deliver({{&one, 1}, {&two, 1}});
  CHECK(failed[0].kind == OutcomeKind::kLater);
  CHECK(failed[0].delay == retry_delay(1));
  CHECK(failed[0].reason.find("500") != std::string::npos);
  CHECK(failed[1].kind == OutcomeKind::kLater);
  CHECK(receiver.requests.size() == 1);
  const auto done = sink->deliver({{&one, 2}, {&two, 2}});
  CHECK(done[0].kind == OutcomeKind::kDone);
  CHECK(done[1].kind == OutcomeKind::kDone);
  REQUIRE(receiver.requests.size() == 3);
  CHECK(receiver.requests[1].key == receiver.requests[0].key);
}

TEST_CASE("A receiver says itself when to come again, within reason") {
  Receiver receiver;
  const auto sink = webhook(receiver.url());
  const auto one = alert(1);
  receiver.answers = {429, 503};
  receiver.retry_after = "7";
  CHECK(sink->deliver({{&one, 1}})[0].delay == std::chrono::seconds(7));
  receiver.retry_after = "999999";
  CHECK(sink->deliver({{&one, 1}})[0].delay == std::chrono::hours(1));
}

TEST_CASE("A receiver that will not have an alert is not asked again, and a redirect is not followed") {
  Receiver receiver;
  receiver.answers = {404, 302};
  const auto sink = webhook(receiver.url());
  const auto one = alert(1), two = alert(2), three = alert(3);
  const auto outcomes = sink->deliver({{&one, 1}, {&two, 1}, {&three, 1}});
  CHECK(outcomes[0].kind == OutcomeKind::kNever);
  CHECK(outcomes[0].reason == "webhook answered 404");
  CHECK(outcomes[1].kind == OutcomeKind::kNever);
  CHECK(outcomes[2].kind == OutcomeKind::kDone);
  CHECK(receiver.requests.size() == 3);
}

TEST_CASE("Slack's form is one text, escaped") {
  Receiver receiver;
  const auto sink = webhook(receiver.url(), WebhookForm::kSlack);
  const auto one = alert(1);
  CHECK(sink->deliver({{&one, 1}})[0].kind == OutcomeKind::kDone);
  const auto body = json::parse(receiver.requests.at(0).body);
  CHECK(body["text"].get<std::string>().find("a &lt;b&gt;") != std::string::npos);
}

TEST_CASE("A receiver that is not there, or never answers, is tried later, and no reason tells the URL") {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const std::string url = fmt::format("http://127.0.0.1:{}/hook?token=geheim", ntohs(address.sin_port));
  const auto one = alert(1);
  const auto judge = [&](std::chrono::milliseconds timeout) {
    WebhookOptions options;
    options.url = url, options.timeout = timeout;
    auto sink = Webhook::make(std::move(options));
    REQUIRE(sink.ok());
    const auto outcome = (*sink)->deliver({{&one, 3}})[0];
    CHECK(outcome.kind == OutcomeKind::kLater);
    CHECK(outcome.delay == retry_delay(3));
    CHECK(outcome.reason.find("geheim") == std::string::npos);
  };
  judge(std::chrono::seconds(2));  // bound, and nobody listens: refused
  REQUIRE(listen(listener, 1) == 0);
  judge(std::chrono::milliseconds(200));  // listens, and nobody answers
  close(listener);
}

TEST_CASE("Only http and https are webhooks") {
  for (const char* url : {"file:///etc/passwd", "gopher://x", "", "ftp://x"}) {
    WebhookOptions options;
    options.url = url;
    CHECK(Webhook::make(std::move(options)).error().code == schema::ErrorCode::kInvalid);
  }
}

TEST_CASE("Attempts come later and later, in multiples of the first delay, up to a last one") {
  using std::chrono::seconds;
  CHECK(retry_delay(1) == seconds(10));
  CHECK(retry_delay(4) == seconds(1800));
  CHECK(retry_delay(400) == retry_delay(4));
  CHECK(retry_delay(2, seconds(1)) == seconds(6));
  Receiver receiver;
  receiver.answers = {503};
  WebhookOptions options;
  options.url = receiver.url(), options.retry_first = std::chrono::milliseconds(20);
  const auto sink = Webhook::make(std::move(options));
  REQUIRE(sink.ok());
  const auto one = alert(1);
  CHECK((*sink)->deliver({{&one, 3}})[0].delay == std::chrono::milliseconds(600));
}

}  // namespace fuzzmill::workers
