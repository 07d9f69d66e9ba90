#include "workers/alert/alert_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/log.h"
#include "workers/alert/alert_text.h"

namespace fuzzmill::workers {
namespace {

// All of it in one write, so that lines of several workers do not mix; 0 or errno.
int append_durably(const std::filesystem::path& file, const std::string& lines) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) return errno;
  int problem = 0;
  std::string_view left = lines;
  while (problem == 0 && !left.empty()) {
    const ssize_t count = write(fd, left.data(), left.size());
    if (count >= 0) {
      left.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      problem = errno;
    }
  }
  if (problem == 0 && fsync(fd) != 0) problem = errno;
  close(fd);
  return problem;
}

}  // namespace

std::vector<schema::Outcome> AlertLog::deliver(const std::vector<Alert>& alerts) {
  std::string lines;
  for (const Alert& alert : alerts) lines += alert_line(*alert.event) + "\n";
  const int problem = append_durably(file_, lines);
  std::vector<schema::Outcome> outcomes;
  for (const Alert& alert : alerts) {
    if (problem == 0) {
      runtime::log_warn("alert", {{"line", alert_line(*alert.event)}});
      outcomes.push_back(schema::Outcome::done());
    } else {
      outcomes.push_back(
          schema::Outcome::later(fmt::format("alert log {}: {}", file_.string(), std::strerror(problem)),
                                 retry_delay(alert.attempt, retry_first_)));
    }
  }
  return outcomes;
}

}  // namespace fuzzmill::workers
