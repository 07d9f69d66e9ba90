#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/read_views.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "cli/views.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

constexpr std::size_t kMostDead = 100'000;  // more are not loaded at once; a second call takes the rest

class Queue final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("ACTION", action_, "show, dead (list the dead letters), requeue or drop them");
    options.positional("WHICH", which_, "of dead: a topic; of requeue and drop: the ID of a dead letter");
    redis_.declare(options);
    options.flag("all", all_, "requeue or drop every dead letter").only_flag();
    options.flag("yes", yes_, "drop without asking").only_flag();
    options.number("limit", limit_, "dead letters listed at most");
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    struct Action {
      std::string_view name;
      schema::Result<ExitCode> (Queue::*run)(store::Redis&);
    };
    static constexpr std::array kActions = {Action{"show", &Queue::show}, Action{"dead", &Queue::dead},
                                            Action{"requeue", &Queue::requeue_letters},
                                            Action{"drop", &Queue::drop_letters}};
    const auto action =
        std::find_if(kActions.begin(), kActions.end(), [&](const auto& one) { return one.name == action_; });
    if (action == kActions.end()) {
      return schema::invalid(
          fmt::format("'{}' is none of show, dead, requeue, drop", runtime::printable(action_)));
    }
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    return (this->*action->run)(*redis);
  }

 private:
  schema::Result<ExitCode> show(store::Redis& redis) {
    std::optional<Progress> progress("reading the queue");
    const auto stages = store::stage_states(redis);
    if (!stages) return stages.error();
    const auto dead = read_dead_counts(redis);
    if (!dead) return dead.error();
    progress.reset();
    const std::uint64_t now = runtime::unix_ms();
    if (json_) {
      print_json(queue_json(*stages, *dead, now));
    } else {
      print(queue_table(*stages, *dead, now));
    }
    return ExitCode::kOk;
  }

  schema::Result<ExitCode> dead(store::Redis& redis) {
    if (!which_.empty() && !schema::topic_named(which_)) {
      return schema::invalid(
          fmt::format("no topic '{}': `fuzzmill queue` shows them", runtime::printable(which_)));
    }
    auto letters = store::dead_letters(redis, which_.empty() ? limit_ : kMostDead);
    if (!letters) return letters.error();
    std::erase_if(*letters,
                  [&](const auto& one) { return !which_.empty() && schema::name(one.topic) != which_; });
    if (letters->size() > limit_) letters->resize(limit_);
    if (json_) {
      print_json(dead_json(*letters));
    } else if (letters->empty()) {
      print("no dead letters\n");
    } else {
      print(dead_table(*letters, runtime::unix_ms()));
    }
    return ExitCode::kOk;
  }

  // The letters that --all or the ID means.
  schema::Result<std::vector<store::DeadLetter>> chosen(store::Redis& redis) {
    if (all_ == !which_.empty())
      return schema::invalid(fmt::format("{} wants the ID of a dead letter or --all", action_));
    auto letters = store::dead_letters(redis, kMostDead);
    if (!letters || all_) return letters;
    std::erase_if(*letters, [&](const auto& one) { return one.id != which_; });
    if (letters->empty()) {
      return schema::not_found(
          fmt::format("no dead letter '{}': `fuzzmill queue dead` lists them", runtime::printable(which_)));
    }
    return letters;
  }

  schema::Result<ExitCode> requeue_letters(store::Redis& redis) {
    return each(redis, store::requeue, "requeued");
  }

  schema::Result<ExitCode> drop_letters(store::Redis& redis) {
    if (!yes_) {
      if (isatty(STDIN_FILENO) != 1) return schema::invalid("drop loses events for good: say --yes");
      fmt::print(stderr, "drop {} for good? [y/N] ", all_ ? "every dead letter" : runtime::printable(which_));
      std::string answer;
      std::getline(std::cin, answer);
      if (answer != "y" && answer != "yes") return schema::invalid("nothing was dropped");
    }
    return each(redis, store::drop, "dropped");
  }

  schema::Result<ExitCode> each(store::Redis& redis,
                                schema::Status (*act)(store::Redis&, const store::DeadLetter&),
                                std::string_view done) {
    std::optional<Progress> progress(fmt::format("{} dead letters", done));
    const auto letters = chosen(redis);
    if (!letters) return letters.error();
    std::uint64_t count = 0;
    for (const auto& letter : *letters) {
      // Somebody else may have taken it meanwhile: then there is nothing left to do.
      const auto status = act(redis, letter);
      if (!status && status.error().code != schema::ErrorCode::kNotFound) {
        return schema::Error(status.error()).in(fmt::format("after {} {}", count, done));
      }
      count += status.ok() ? 1 : 0;
    }
    progress.reset();
    if (json_) {
      print_json({{std::string(done), count}});
    } else {
      print(fmt::format("{} {}\n", done, count));
    }
    return ExitCode::kOk;
  }

  std::string action_ = "show", which_;
  RedisOptions redis_;
  bool all_ = false, yes_ = false, json_ = false;
  std::uint64_t limit_ = 100;
};

}  // namespace

CommandRow queue_command() {
  return {{"queue", "Shows what waits for each stage; lists, requeues or drops dead letters",
           "show --json: {\"stages\": [{\"topic\", \"stage\", \"waiting\", \"in_flight\", \"oldest\", "
           "\"oldest_age_ms\"}],\n"
           "  \"dead\": [{\"topic\", \"count\"}]}\n"
           "dead --json: {\"dead\": [{\"id\", \"topic\", \"stage\", \"attempts\", \"reason\", \"entry\", "
           "\"bytes\"}]}\n"
           "requeue --json: {\"requeued\": n}; drop --json: {\"dropped\": n}",
           "fuzzmill queue requeue --all"},
          make_command<Queue>};
}

}  // namespace fuzzmill::cli
