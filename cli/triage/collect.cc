#include "cli/triage/collect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSniffed = 4096;  // bytes at the start of a file
constexpr std::size_t kMaxNamedInputs = 64;
constexpr std::size_t kSha1Digits = 40;

constexpr std::string_view kLibFuzzerKinds[] = {"crash-", "leak-",      "timeout-",
                                                "oom-",   "slow-unit-", "minimized-from-"};
constexpr std::string_view kReportEndings[] = {".txt", ".log",   ".report", ".stderr",
                                               ".err", ".trace", ".asan"};

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

std::string_view name_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

schema::Status walk(const fs::path& folder, std::vector<std::string>& out) {
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (at->symlink_status(ignored).type() == fs::file_type::regular) out.push_back(at->path().string());
  }
  if (error) return schema::unavailable(fmt::format("{}: {}", folder.string(), error.message()));
  return {};
}

}  // namespace

schema::Result<std::vector<std::string>> collect_files(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (status.type() == fs::file_type::directory) {
      if (auto walked = walk(path, files); !walked) return walked.error();
    } else if (status.type() == fs::file_type::regular) {
      files.push_back(path);
    } else if (status.type() == fs::file_type::not_found) {
      return schema::not_found(fmt::format("{}: no such file or folder", path));
    } else {
      return schema::invalid(fmt::format("{}: neither a file nor a folder", path));
    }
  }
  return files;
}

FileSet::FileSet(std::vector<std::string> paths) : paths_(std::move(paths)) {
  std::sort(paths_.begin(), paths_.end());
  paths_.erase(std::unique(paths_.begin(), paths_.end()), paths_.end());
  by_name_.reserve(paths_.size());
  for (const std::string& path : paths_) by_name_.emplace(name_of(path), path);
}

std::string_view FileSet::find(std::string_view path) const {
  const auto at = std::lower_bound(paths_.begin(), paths_.end(), path);
  return at != paths_.end() && *at == path ? std::string_view(*at) : std::string_view();
}

std::string_view FileSet::find_name(std::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? std::string_view() : at->second;
}

bool is_artifact_name(std::string_view name) {
  for (std::string_view kind : kLibFuzzerKinds) {
    if (name.size() == kind.size() + kSha1Digits && name.starts_with(kind))
      return is_hex(name.substr(kind.size()));
  }
  const bool has_ending = std::any_of(std::begin(kReportEndings), std::end(kReportEndings),
                                      [&](std::string_view ending) { return name.ends_with(ending); });
  if (has_ending) return false;
  if (name.starts_with("id:") || name.starts_with("id_"))
    return name.size() > 9 && std::isdigit(name[3]) != 0;
  return name.ends_with(".fuzz") && name.find(".PC.") != std::string_view::npos;
}

bool looks_binary(std::string_view text) {
  const std::string_view start = text.substr(0, kSniffed);
  std::size_t odd = 0;
  for (unsigned char c : start) {
    if (c == 0) return true;
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1b) || c >= 0x80) ++odd;
  }
  return odd * 10 > start.size() * 3;
}

std::vector<std::string_view> inputs_named_in(std::string_view text) {
  constexpr std::string_view kMarker = "Test unit written to ";
  std::vector<std::string_view> named;
  for (auto at = text.find(kMarker); at != std::string_view::npos && named.size() < kMaxNamedInputs;
       at = text.find(kMarker, at + kMarker.size())) {
    std::string_view rest = text.substr(at + kMarker.size());
    rest = rest.substr(0, rest.find_first_of("\r\n"));
    if (!rest.empty()) named.push_back(rest);
  }
  return named;
}

std::string_view input_of(const std::string& report, std::string_view text, const FileSet& files) {
  const fs::path folder = fs::path(report).parent_path();
  for (std::string_view named : inputs_named_in(text)) {
    for (const fs::path& path : {fs::path(named), folder / fs::path(named), folder / name_of(named)}) {
      if (auto found = files.find(path.lexically_normal().string()); !found.empty()) return found;
    }
    if (auto found = files.find_name(name_of(named)); !found.empty()) return found;
  }
  for (std::string_view ending : kReportEndings) {
    if (!report.ends_with(ending)) continue;
    return files.find(std::string_view(report).substr(0, report.size() - ending.size()));
  }
  return {};
}

schema::Result<std::string> read_report_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return schema::unavailable(fmt::format("{}: {}", path, std::strerror(errno)));
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(in.tellg(), 0));
  const std::size_t wanted = std::min(size, kMaxReportFile);
  std::string bytes(wanted, '\0');
  in.seekg(static_cast<std::streamoff>(size - wanted));
  in.read(bytes.data(), static_cast<std::streamsize>(wanted));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return bytes;
}

}  // namespace fuzzmill::cli
