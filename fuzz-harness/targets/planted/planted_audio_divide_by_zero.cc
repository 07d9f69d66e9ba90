// Planted bug: audio-zero-channels
// Kind:        divide-by-zero
// Function:    audio::frame_count
//
// An audio header: the number of channels comes from the file and divides.
#include <cstddef>
#include <cstdint>

namespace audio {

struct Format {
  unsigned channels;
  unsigned bytes_per_sample;
};

[[gnu::noinline]] unsigned frame_count(const Format& format, unsigned bytes) {
  return bytes / (format.channels * format.bytes_per_sample);  // BUG: both may be zero
}

}  // namespace audio

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 6 || data[0] != 'W' || data[1] != 'A' || data[2] != 'V') return 0;
  const audio::Format format{data[3], data[4]};
  [[maybe_unused]] static volatile unsigned sink;
  sink = audio::frame_count(format, static_cast<unsigned>(size - 5));
  return 0;
}
