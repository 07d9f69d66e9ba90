// Small things that several commands show: times, severities, JSON. Pure, but for print().
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "cli/table.h"

namespace fuzzmill::cli {

// "12 s", "3 min", "5 h", "2 d" between two Unix times in ms; "-" for no time; "0 s" for the future.
std::string age_text(std::uint64_t now_ms, std::uint64_t then_ms);
// "2026-11-22 10:02:12" in UTC; "-" for no time.
std::string time_text(std::uint64_t unix_ms);

Tone severity_tone(std::string_view severity);
int severity_rank(std::string_view severity);  // CRITICAL 4 … LOW 1, anything else 0

// Bytes that are not UTF-8 become U+FFFD, so that the output is always JSON.
std::string json_text(const nlohmann::json& json);

void print(const std::string& text);          // to stdout
void print(const Table& table);               // to stdout, as the terminal has it
void print_json(const nlohmann::json& json);  // to stdout

}  // namespace fuzzmill::cli
