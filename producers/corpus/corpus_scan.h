// A look at the files of a corpus: names, sizes and times; nothing is read, written or removed.
//
// A corpus is a folder with its sub-folders, as libFuzzer reads it. Of AFL++ it is the output folder: the
// queues of all its instances together, each file named INSTANCE/queue/FILE.
// Threads: any. What it costs: one fstatat() a file; memory: one entry.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fuzzmill::producers {

// The folder of the imports that fuzzmill itself puts beside AFL++'s instances: no part of the corpus.
inline constexpr std::string_view kImportInstance = "fuzzmill";

struct CorpusPlace {
  std::filesystem::path folder;
  bool afl_output = false;  // AFL++'s -o: its queues are the corpus
};

struct CorpusEntry {
  std::string name;  // relative to the corpus
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;  // Unix time
  std::uint64_t inode = 0;
};

struct CorpusCount {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t unnamed_files = 0;  // of these not told, as their names are over the limit of a listing
  std::uint64_t unnamed_bytes = 0;
};

// Tells each regular file, in no order; a file that vanishes meanwhile is not told. Links are not followed,
// names that begin with a dot are no part of a corpus, nor is what lies deeper than 32 folders. A folder that
// is missing is empty.
CorpusCount scan_corpus(const CorpusPlace& place, const std::function<void(CorpusEntry)>& tell);

// The queues of AFL++'s instances as scan_corpus() takes them: the folder and what its names begin with.
struct QueueFolder {
  std::filesystem::path folder;
  std::string prefix;  // "main/queue/"
};
std::vector<QueueFolder> afl_queues(const std::filesystem::path& output);

}  // namespace fuzzmill::producers
