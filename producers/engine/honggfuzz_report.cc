#include "producers/engine/honggfuzz_report.h"

#include <algorithm>
#include <array>

#include "producers/engine/left_scan.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxField = 4096;

// 69 of them around the time and behind the last section.
bool is_rule(std::string_view line) {
  return line.size() >= 60 && line.find_first_not_of('=') == std::string_view::npos;
}

using Take = void (*)(HonggfuzzCrash&, std::string_view);
struct Key {
  std::string_view start;
  Take take;
};
constexpr std::array<Key, 6> kKeys{{
    {"DESCRIPTION: ", [](HonggfuzzCrash& c, std::string_view v) { c.description = v; }},
    {"ORIG_FNAME: ", [](HonggfuzzCrash& c, std::string_view v) { c.seed = v; }},
    {"FUZZ_FNAME: ", [](HonggfuzzCrash& c, std::string_view v) { c.file = v; }},
    {"PID: ", [](HonggfuzzCrash& c, std::string_view v) { c.pid = whole_number(v); }},
    {"SIGNAL: ",
     [](HonggfuzzCrash& c, std::string_view v) {
       LeftScan scan(v);
       c.signal_name = scan.until(" ");
       const auto number = scan.number_after(" (");
       if (number && *number <= 64) c.signal = static_cast<int>(*number);
     }},
    {"PC: 0x", [](HonggfuzzCrash& c, std::string_view v) { c.pc = whole_number(v, 16); }},
}};

}  // namespace

void HonggfuzzReport::feed(std::string_view chunk, std::vector<HonggfuzzCrash>& crashes) {
  lines_.feed(chunk, [&](std::string_view line) { take_line(line, crashes); });
}

void HonggfuzzReport::finish(std::vector<HonggfuzzCrash>& crashes) {
  lines_.finish([&](std::string_view line) { take_line(line, crashes); });
  close(crashes);
}

void HonggfuzzReport::restart() {
  lines_.forget();
  open_.reset();
  time_.clear();
}

void HonggfuzzReport::take_line(std::string_view line, std::vector<HonggfuzzCrash>& crashes) {
  if (line == "CRASH:") {
    close(crashes);
    open_.emplace();
    open_->time = time_;
    text_ = BoundedText(kSectionHead, kSectionTail);
    in_stack_ = false;
    text_.add_line(line);
    return;
  }
  if (!open_) {
    if (LeftScan scan(line); scan.take("TIME: ")) time_ = scan.rest().substr(0, 64);
    return;
  }
  if (is_rule(line)) return close(crashes);
  text_.add_line(line);
  in_stack_ = in_stack_ || line == "STACK:";
  if (in_stack_) return;  // what a frame says is no field
  for (const auto& key : kKeys) {
    if (LeftScan scan(line); scan.take(key.start)) key.take(*open_, scan.rest().substr(0, kMaxField));
  }
}

void HonggfuzzReport::close(std::vector<HonggfuzzCrash>& crashes) {
  if (!open_) return;
  open_->text = text_.text();
  open_->truncated = text_.truncated();
  if (!open_->file.empty()) crashes.push_back(std::move(*open_));
  open_.reset();
}

}  // namespace fuzzmill::producers
