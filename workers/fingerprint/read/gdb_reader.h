// gdb: where it stopped, its registers and instruction, and which of the threads' stacks is the one. The
// frames themselves are lines that every reader knows (frame_line.h).
#pragma once

#include <string>

#include "workers/fingerprint/read/fault_operand.h"
#include "workers/fingerprint/read/format_reader.h"

namespace fuzzmill::workers {

class GdbReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override;
  Took next(std::string_view line, ReportBuilder& builder) override;
  void end(ReportBuilder& builder) override { flush(builder); }

 private:
  Took on_stop(std::string_view line, std::string_view rest, ReportBuilder& builder);
  void open(std::string_view signal, ReportBuilder& builder);
  bool on_thread(std::string_view line, ReportBuilder& builder);
  void on_instruction(std::string_view line);
  void set_fault(ReportBuilder& builder);
  bool join(std::string_view line, ReportBuilder& builder);
  void flush(ReportBuilder& builder);
  bool is_ours(ReportBuilder& builder) const {
    return builder.current() != nullptr && builder.report_count() == ours_;
  }

  std::size_t ours_ = 0;      // the count of reports when this reader opened one
  std::uint64_t thread_ = 1;  // the one that stopped
  Registers registers_;
  std::string instruction_;
  std::string frame_;  // the begin of one that goes on in the next line
};

}  // namespace fuzzmill::workers
