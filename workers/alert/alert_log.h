// The sink that is always there: a file with one line an alert, appended and fsynced, for grep, tail -f and
// logrotate (it is opened for each batch).
#pragma once

#include <filesystem>

#include "workers/alert/sink.h"

namespace fuzzmill::workers {

class AlertLog : public Sink {
 public:
  explicit AlertLog(std::filesystem::path file, std::chrono::milliseconds retry_first = kRetryFirst)
      : file_(std::move(file)), retry_first_(retry_first) {}
  std::string_view name() const override { return "log"; }
  std::vector<schema::Outcome> deliver(const std::vector<Alert>& alerts) override;

 private:
  std::filesystem::path file_;
  std::chrono::milliseconds retry_first_;
};

}  // namespace fuzzmill::workers
