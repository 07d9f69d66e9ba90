#include "schema/sample_merge.h"

#include <algorithm>

namespace fuzzmill::schema {
namespace {

double weighed(double a, double weight_a, double b, double weight_b) {
  const double all = weight_a + weight_b;
  return all > 0 ? (a * weight_a + b * weight_b) / all : b;
}

template <class Pick>
std::optional<double> extreme(std::optional<double> a, std::optional<double> b, Pick pick) {
  if (!a || !b) return a ? a : b;
  return pick(*a, *b);
}

double least(double a, double b) { return std::min(a, b); }
double most(double a, double b) { return std::max(a, b); }

// What the later sample lacks, the earlier one still knows.
template <class T>
void keep(std::optional<T>& out, const std::optional<T>& earlier) {
  if (!out) out = earlier;
}

}  // namespace

ResourceSample merged(const ResourceSample& earlier, const ResourceSample& later) {
  const auto weight_a = static_cast<double>(earlier.interval_ms);
  const auto weight_b = static_cast<double>(later.interval_ms);
  ResourceSample out = later;
  out.merged = earlier.merged.value_or(1) + later.merged.value_or(1);
  out.interval_ms = earlier.interval_ms + later.interval_ms;

  out.cpu_percent = weighed(earlier.cpu_percent, weight_a, later.cpu_percent, weight_b);
  out.cpu_min =
      least(earlier.cpu_min.value_or(earlier.cpu_percent), later.cpu_min.value_or(later.cpu_percent));
  out.cpu_max =
      most(earlier.cpu_max.value_or(earlier.cpu_percent), later.cpu_max.value_or(later.cpu_percent));
  out.rss_mb = weighed(earlier.rss_mb, weight_a, later.rss_mb, weight_b);
  out.rss_min = least(earlier.rss_min.value_or(earlier.rss_mb), later.rss_min.value_or(later.rss_mb));
  out.rss_max = most(earlier.rss_max.value_or(earlier.rss_mb), later.rss_max.value_or(later.rss_mb));

  const auto low = [](const ResourceSample& s) { return s.exec_min ? s.exec_min : s.exec_per_second; };
  const auto high = [](const ResourceSample& s) { return s.exec_max ? s.exec_max : s.exec_per_second; };
  out.exec_min = extreme(low(earlier), low(later), least);
  out.exec_max = extreme(high(earlier), high(later), most);
  if (earlier.exec_per_second && later.exec_per_second) {
    out.exec_per_second = weighed(*earlier.exec_per_second, weight_a, *later.exec_per_second, weight_b);
  } else {
    keep(out.exec_per_second, earlier.exec_per_second);
  }

  if (earlier.oom_kills || later.oom_kills) {
    out.oom_kills = earlier.oom_kills.value_or(0) + later.oom_kills.value_or(0);
  }
  keep(out.executions, earlier.executions), keep(out.coverage, earlier.coverage);
  keep(out.corpus_files, earlier.corpus_files), keep(out.corpus_bytes, earlier.corpus_bytes);
  keep(out.crashes, earlier.crashes), keep(out.restarts, earlier.restarts);
  keep(out.hangs, earlier.hangs), keep(out.last_new_path_ms, earlier.last_new_path_ms);
  keep(out.pss_mb, earlier.pss_mb);
  return out;
}

}  // namespace fuzzmill::schema
