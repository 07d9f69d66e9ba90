#include "producers/minimize/work_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "runtime/durable_file.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxInputsFile = 1u << 30;

schema::Error disk_error(const fs::path& path, const std::error_code& failed) {
  const auto text = fmt::format("{}: {}", path.string(), failed.message());
  if (failed == std::errc::permission_denied || failed == std::errc::read_only_file_system)
    return schema::denied(text);
  if (failed == std::errc::no_such_file_or_directory) return schema::not_found(text);
  return schema::unavailable(text);
}

// Written under another name first, so that what has its name is whole.
schema::Status put(const fs::path& files, const schema::Sha256& sha256, const std::string& bytes) {
  const auto path = input_path(files, sha256);
  std::error_code failed;
  if (fs::file_size(path, failed) == bytes.size() && !failed) return {};
  fs::create_directories(path.parent_path(), failed);
  const auto half = files / "half";
  std::ofstream out(half, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out)
    return schema::unavailable(fmt::format("cannot write into {}: is the disk full?", files.string()));
  fs::rename(half, path, failed);
  if (failed) return disk_error(path, failed);
  return {};
}

fs::path program_of(const MinimizeTarget& target) {
  for (const auto& word : target.command) {
    std::error_code failed;
    const auto path = word.find('/') == std::string::npos ? fs::path() : target.working_dir / word;
    if (!path.empty() && fs::is_regular_file(path, failed)) return path;
  }
  const auto found = runtime::find_program(target.command.front());
  return found ? *found : fs::path();
}

fs::path done_name(const fs::path& work) { return work.string() + ".done"; }

}  // namespace

std::string encode_inputs(const WorkInputs& inputs) {
  std::string out =
      fmt::format("fuzzmill-minimize 1\noptions {}\ncounts {} {} {} {} {}\n", inputs.options,
                  inputs.inputs.size(), inputs.copies, inputs.left_out, inputs.unread, inputs.shards);
  for (const auto& input : inputs.inputs)
    fmt::format_to(std::back_inserter(out), "{} {}\n", schema::hex(input.sha256), input.size);
  return out;
}

schema::Result<WorkInputs> decode_inputs(std::string_view text) {
  std::istringstream in{std::string(text)};
  WorkInputs inputs;
  std::string word, counts;
  std::size_t version = 0, count = 0;
  in >> word >> version;
  if (word != "fuzzmill-minimize" || version != 1) return schema::invalid("not the inputs of a minimisation");
  in >> word >> inputs.options >> counts >> count >> inputs.copies >> inputs.left_out >> inputs.unread >>
      inputs.shards;
  if (!in || inputs.shards == 0) return schema::invalid("the head of the inputs is wrong");
  for (std::size_t i = 0; i < count; ++i) {
    CorpusInput input;
    in >> word >> input.size;
    const auto digest = schema::unhex(word);
    if (!in || !digest || digest->size() != input.sha256.size())
      return schema::invalid(fmt::format("line {} of the inputs is wrong", i + 4));
    std::copy(digest->begin(), digest->end(), input.sha256.begin());
    if (!inputs.inputs.empty() && !(inputs.inputs.back() < input))
      return schema::invalid("the inputs are out of order");
    inputs.inputs.push_back(input);
  }
  return inputs;
}

std::string options_digest(const MinimizeOptions& options) {
  std::string text = std::string(engine_name(options.target.engine));
  const auto add = [&](std::string_view word) { text += fmt::format("\n{} {}", word.size(), word); };
  for (const auto& folder : options.corpus) add(folder.string());
  for (const auto& word : options.target.before) add(word);
  for (const auto& word : options.target.command) add(word);
  for (const auto& [name, value] : options.target.environment) add(name + "=" + value);
  add(options.target.working_dir.string());
  add(std::to_string(options.limits.timeout.count())), add(std::to_string(options.limits.memory_mb));
  add(std::to_string(options.max_input));
  struct stat status {};
  if (const auto program = program_of(options.target); ::stat(program.c_str(), &status) == 0)
    add(fmt::format("{} {} {}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec));
  return schema::sha256_hex(text);
}

schema::Status walk_corpus(const std::vector<fs::path>& corpus,
                           const std::function<schema::Status(const fs::path&, std::uint64_t)>& take) {
  for (const auto& folder : corpus) {
    std::error_code failed;
    if (!fs::is_directory(folder, failed))
      return schema::not_found(fmt::format("{} is no folder", folder.string()));
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, failed),
        end;
    if (failed) return disk_error(folder, failed);
    for (; entry != end; entry.increment(failed)) {
      if (failed) return disk_error(folder, failed);
      const bool hidden = entry->path().filename().native().front() == '.';
      if (hidden && entry->is_directory(failed)) entry.disable_recursion_pending();
      const auto status = entry->symlink_status(failed);
      if (hidden || failed || !fs::is_regular_file(status)) continue;
      const auto size = entry->file_size(failed);
      if (failed) continue;  // a live fuzzer took it away
      if (auto taken = take(entry->path(), size); !taken) return taken;
    }
  }
  return {};
}

schema::Result<WorkFolder> WorkFolder::open(const MinimizeOptions& options) {
  std::error_code failed;
  fs::create_directories(options.work, failed);
  if (failed) return disk_error(options.work, failed);
  fs::permissions(options.work, fs::perms::owner_all, failed);
  auto lock = runtime::FileLock::take(options.work / ".lock");
  if (!lock) return std::move(lock).error().in("another minimisation of this corpus is going on");
  fs::remove_all(done_name(options.work), failed);
  if (options.anew) {
    for (const auto& entry : fs::directory_iterator(options.work, failed)) {
      if (entry.path().filename() != ".lock") fs::remove_all(entry.path(), failed);
    }
  }
  return WorkFolder(options.work, std::move(*lock));
}

schema::Result<WorkInputs> WorkFolder::fill(const MinimizeOptions& options, const MinimizeProgress& progress,
                                            const std::stop_token& stop) {
  auto text = read_whole(path_ / "inputs", kMaxInputsFile);
  if (!text) {
    if (text.error().code != schema::ErrorCode::kNotFound) return std::move(text).error();
    return copy(options, progress, stop);
  }
  auto inputs = decode_inputs(*text);
  if (!inputs) return std::move(inputs).error().in(fmt::format("{}: begin anew with --anew", path_.string()));
  if (inputs->options != options_digest(options)) {
    return schema::conflict(fmt::format(
        "{} holds a minimisation that was begun with other options or another build of the target: "
        "give the same, or --anew to begin anew",
        path_.string()));
  }
  if (progress.say) progress.say(fmt::format("going on with what {} holds", path_.string()));
  return inputs;
}

schema::Result<WorkInputs> WorkFolder::copy(const MinimizeOptions& options, const MinimizeProgress& progress,
                                            const std::stop_token& stop) {
  std::error_code failed;
  fs::create_directories(files(), failed);
  if (failed) return disk_error(files(), failed);
  WorkInputs inputs;
  inputs.options = options_digest(options);
  std::set<CorpusInput> found;
  std::uint64_t seen = 0;
  const auto walked =
      walk_corpus(options.corpus, [&](const fs::path& file, std::uint64_t size) -> schema::Status {
        if (stop.stop_requested()) return schema::unavailable("stopped; the same command goes on from here");
        if (progress.step) progress.step("reading the corpus", ++seen, 0);
        if (size > options.max_input) return ++inputs.left_out, schema::Status{};
        const auto bytes = read_whole(file, options.max_input);
        if (!bytes) return ++inputs.unread, schema::Status{};
        const CorpusInput input{schema::sha256(*bytes), bytes->size()};
        if (!found.insert(input).second) return ++inputs.copies, schema::Status{};
        return put(files(), input.sha256, *bytes);
      });
  if (!walked) return walked.error();
  inputs.inputs.assign(found.begin(), found.end());
  inputs.shards = shard_count(inputs.inputs.size(), options.jobs, options.shard_inputs);
  if (auto written = runtime::write_durably(path_ / "inputs", encode_inputs(inputs)); !written)
    return written.error();
  return inputs;
}

// Under another name first: half of it must not look like a run that was broken off.
void WorkFolder::remove() {
  std::error_code failed;
  fs::remove_all(done_name(path_), failed);
  fs::rename(path_, done_name(path_), failed);
  fs::remove_all(failed ? path_ : done_name(path_), failed);
  lock_.reset();
}

}  // namespace fuzzmill::producers
