#include "runtime/health.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "runtime/printable.h"

namespace fuzzmill::runtime {
namespace {

constexpr std::size_t kMaxFile = 4096;
constexpr std::size_t kMaxFiles = 1024;
constexpr std::string_view kSuffix = ".health";

std::string why_not_well(const HealthRecord& record, std::uint64_t now_ms,
                         const std::function<bool(std::uint64_t)>& alive) {
  if (!record.problem.empty()) return record.problem;
  if (!alive(record.pid))
    return fmt::format("its process {} is gone: it was killed or it crashed", record.pid);
  // A clock that was set back makes a file of the future: as little to be trusted as an old one.
  if (record.updated_ms > now_ms + kHealthFreshMs) return "its file is from the future: check the clock";
  if (now_ms > record.updated_ms + kHealthFreshMs) {
    return fmt::format("silent for {} s: it hangs", (now_ms - record.updated_ms) / 1000);
  }
  if (record.state != "ready") return fmt::format("{}", printable(record.state));
  return {};
}

HealthRecord read_one(const std::filesystem::path& file) {
  HealthRecord record;
  std::ifstream in(file, std::ios::binary);
  std::string bytes(kMaxFile, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  auto decoded = decode_health(bytes);
  if (decoded) {
    record = std::move(*decoded);
  } else {
    record.problem = fmt::format("{}: {}", file.string(), decoded.error().message);
  }
  record.process = file.stem().string();
  return record;
}

}  // namespace

std::string encode_health(const HealthRecord& record) {
  const nlohmann::json json = {{"process", record.process},
                               {"pid", record.pid},
                               {"state", record.state},
                               {"updated_ms", record.updated_ms}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

schema::Result<HealthRecord> decode_health(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return schema::invalid("is not a health file");
  HealthRecord record;
  const auto pid = json.find("pid"), updated = json.find("updated_ms");
  const auto state = json.find("state"), process = json.find("process");
  if (pid == json.end() || !pid->is_number_unsigned()) return schema::invalid("has no pid");
  if (updated == json.end() || !updated->is_number_unsigned()) return schema::invalid("has no updated_ms");
  if (state == json.end() || !state->is_string()) return schema::invalid("has no state");
  if (process != json.end() && process->is_string()) record.process = process->get<std::string>();
  record.pid = pid->get<std::uint64_t>();
  record.updated_ms = updated->get<std::uint64_t>();
  record.state = state->get<std::string>();
  return record;
}

std::vector<HealthVerdict> judge_health(const std::vector<HealthRecord>& records, std::uint64_t now_ms,
                                        const std::function<bool(std::uint64_t)>& alive) {
  std::vector<HealthVerdict> verdicts;
  for (const HealthRecord& record : records) {
    std::string why = why_not_well(record, now_ms, alive);
    verdicts.push_back({record, why.empty(), std::move(why)});
  }
  return verdicts;
}

schema::Result<std::vector<HealthRecord>> read_health(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (auto entry = std::filesystem::directory_iterator(folder, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == kSuffix && files.size() < kMaxFiles) files.push_back(entry->path());
  }
  if (error) return schema::not_found(fmt::format("cannot read {}: {}", folder.string(), error.message()));
  std::sort(files.begin(), files.end());
  std::vector<HealthRecord> records;
  std::transform(files.begin(), files.end(), std::back_inserter(records), read_one);
  return records;
}

bool pid_alive(std::uint64_t pid) {
  if (pid == 0 || pid > 0x7fffffff) return false;
  // EPERM: it is there, and not ours.
  return kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
}

std::uint64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

schema::Status write_atomically(const std::filesystem::path& file, std::string_view bytes) {
  // Named after the writer: two that write the same file do not tread into each other's half.
  const auto half = file.parent_path() / fmt::format(".{}.{}", file.filename().string(), getpid());
  std::ofstream out(half, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
  const bool good = out.good();
  out.close();
  std::error_code error;
  if (good) std::filesystem::rename(half, file, error);
  if (good && !error) return {};
  std::error_code ignored;
  std::filesystem::remove(half, ignored);
  return schema::unavailable(
      fmt::format("cannot write {}: {}", file.string(),
                  error ? error.message() : "is the folder there, writable and not full?"));
}

HealthFile::HealthFile(std::filesystem::path folder, std::string process, std::function<std::string()> beat)
    : file_(folder / (process + std::string(kSuffix))), beat_(std::move(beat)) {
  std::error_code ignored;  // write() says what is wrong with the folder
  std::filesystem::create_directories(folder, ignored);
  record_ = {std::move(process), static_cast<std::uint64_t>(getpid()), "starting", 0, {}};
  const std::lock_guard lock(mutex_);
  write();
  thread_ = std::jthread([this](const std::stop_token& stop) { keep(stop); });
}

HealthFile::~HealthFile() {
  thread_.request_stop();
  thread_.join();
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

void HealthFile::set_state(std::string state) {
  const std::lock_guard lock(mutex_);
  record_.state = std::move(state);
  write();
}

schema::Status HealthFile::written() const {
  const std::lock_guard lock(mutex_);
  return written_;
}

void HealthFile::keep(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, std::chrono::milliseconds(kHealthEveryMs), [] { return false; });
    if (stop.stop_requested()) return;
    lock.unlock();
    std::string state = beat_ ? beat_() : std::string();
    lock.lock();
    if (!state.empty()) record_.state = std::move(state);
    write();
  }
}

void HealthFile::write() {
  record_.updated_ms = unix_ms();
  written_ = write_atomically(file_, encode_health(record_));
}

}  // namespace fuzzmill::runtime
