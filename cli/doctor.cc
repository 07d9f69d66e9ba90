#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>

#include "broker/credentials.h"
#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/doctor_judge.h"
#include "cli/find_program.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "runtime/health.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

struct GradeLook {
  std::string_view name;
  Tone tone;
};
constexpr std::array kGrades = {GradeLook{"ok", Tone::kGood}, GradeLook{"warn", Tone::kWarn},
                                GradeLook{"fail", Tone::kBad}};

const GradeLook& look(Grade grade) { return kGrades[static_cast<std::size_t>(grade)]; }

std::string version_of(const std::string& info) {
  constexpr std::string_view kWord = "redis_version:";
  const auto begin = info.find(kWord);
  if (begin == std::string::npos) return {};
  const auto end = std::min(info.find_first_of("\r\n", begin), info.size());
  return info.substr(begin + kWord.size(), end - begin - kWord.size());
}

// TIME answers seconds and microseconds; 0 when it does not.
std::uint64_t redis_ms(const store::Reply& time) {
  std::uint64_t parts[2] = {};
  for (std::size_t i = 0; i < 2 && i < time.items.size(); ++i) {
    const std::string& text = time.items[i].text;
    std::from_chars(text.data(), text.data() + text.size(), parts[i]);
  }
  return parts[0] * 1000 + parts[1] / 1000;
}

void ask_settings(store::Redis& redis, RedisFacts& facts) {
  const auto reply = redis.command({"CONFIG", "GET", "*"});
  if (!reply) return;
  facts.settings.emplace();
  for (std::size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    (*facts.settings)[reply->items[i].text] = reply->items[i + 1].text;
  }
}

RedisFacts ask_redis(const RedisOptions& options) {
  RedisFacts facts;
  facts.server_installed = !find_program("redis-server").empty();
  const auto address = options.address();
  if (!address) {
    facts.problem = address.error().message;
    return facts;
  }
  facts.where = address->text();
  auto redis = options.connect();
  if (!redis) {
    facts.problem = redis.error().message;
    return facts;
  }
  if (const auto info = redis->command({"INFO", "server"}); info) facts.version = version_of(info->text);
  ask_settings(*redis, facts);
  const std::uint64_t before = runtime::unix_ms();
  if (const auto time = redis->command({"TIME"}); time && redis_ms(*time) > 0) {
    // The answer was made somewhere between the question and now.
    const std::uint64_t middle = before + (runtime::unix_ms() - before) / 2;
    facts.clock_ahead_ms = static_cast<std::int64_t>(redis_ms(*time)) - static_cast<std::int64_t>(middle);
  }
  return facts;
}

bool can_write(const fs::path& folder) {
  const fs::path probe = folder / fmt::format(".doctor.{}", getpid());
  const bool good = std::ofstream(probe) << "probe" && true;
  std::error_code ignored;
  return fs::remove(probe, ignored) && good;
}

FolderFacts look_at(std::string name, const fs::path& path) {
  FolderFacts facts{std::move(name), path.string(), false, 0, false, 0};
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return facts;
  facts.exists = true;
  facts.mode = status.st_mode & 0777;
  facts.writable = can_write(path);
  std::error_code error;
  const auto space = fs::space(path, error);
  if (!error) facts.free_bytes = space.available;
  return facts;
}

void look_at_keys(const fs::path& folder, DoctorFacts& facts) {
  const auto authorized = broker::read_authorized(folder);
  if (authorized) {
    facts.authorized = authorized->size();
  } else {
    facts.keys_problem = authorized.error().message;
  }
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    struct stat status = {};
    if (entry->path().extension() != ".key" || stat(entry->path().c_str(), &status) != 0) continue;
    facts.secret_keys.push_back({entry->path().string(), status.st_mode & 0777u});
  }
}

std::string find_symbolizer() {
  for (const char* name : {"llvm-symbolizer", "llvm-symbolizer-14", "llvm-symbolizer-15",
                           "llvm-symbolizer-16", "llvm-symbolizer-19"}) {
    if (const auto file = find_program(name); !file.empty()) return file.string();
  }
  return {};
}

nlohmann::json findings_json(const std::vector<Finding>& findings, bool well) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Finding& one : findings) {
    rows.push_back(
        {{"check", one.check}, {"grade", look(one.grade).name}, {"what", one.what}, {"mend", one.mend}});
  }
  return {{"well", well}, {"checks", rows}};
}

void show(const std::vector<Finding>& findings) {
  const bool colour = screen_of(stdout).colour;
  for (const Finding& one : findings) {
    print(fmt::format("{}  {:<28} {}\n",
                      paint(fmt::format("{:<4}", look(one.grade).name), look(one.grade).tone, colour),
                      one.check, runtime::printable(one.what)));
    if (!one.mend.empty()) print(fmt::format("      {}\n", runtime::printable(one.mend)));
  }
}

class Doctor final : public Command {
 public:
  void declare(runtime::Options& options) override {
    redis_.declare(options);
    options.text("keys", keys_, "DIR", "folder of the keys; where none is given, keys/ of --data");
    options.text("hold", hold_, "DIR", "where large attachments wait; where none is given, hold/ of --data");
    options.text("archive", archive_, "DIR", "the archive; where none is given, archive/ of --data");
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    const DataFolder data = redis_.folder();
    const auto or_data = [](const std::string& given, const fs::path& otherwise) {
      return given.empty() ? otherwise : fs::path(given);
    };
    std::vector<Finding> findings;
    {
      const Progress progress("asking Redis and looking at folders");
      DoctorFacts facts;
      facts.redis = ask_redis(redis_);
      const fs::path keys = or_data(keys_, data.keys());
      facts.folders = {look_at("keys", keys), look_at("hold", or_data(hold_, data.hold())),
                       look_at("archive", or_data(archive_, data.archive()))};
      look_at_keys(keys, facts);
      facts.symbolizer = find_symbolizer();
      findings = judge(facts);
    }
    const bool well = std::none_of(findings.begin(), findings.end(),
                                   [](const auto& one) { return one.grade == Grade::kFail; });
    if (json_) {
      print_json(findings_json(findings, well));
    } else {
      show(findings);
    }
    return well ? ExitCode::kOk : ExitCode::kFound;
  }

 private:
  RedisOptions redis_;
  std::string keys_, hold_, archive_;
  bool json_ = false;
};

}  // namespace

CommandRow doctor_command() {
  return {
      {"doctor", "Checks Redis, keys, folders, clock and symbolizer, and says how to mend each",
       "Exit code 0 when nothing fails (warnings are no failure), 1 when something does.\n\n"
       "--json: {\"well\": bool, \"checks\": [{\"check\", \"grade\": ok, warn or fail, \"what\", \"mend\"}]}",
       "fuzzmill doctor --redis unix:/run/fuzzmill-redis/redis.sock --keys /var/lib/fuzzmill/keys"},
      make_command<Doctor>};
}

}  // namespace fuzzmill::cli
