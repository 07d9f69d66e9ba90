// A program that misbehaves as its input says, for the tests of replays. The input is a file or standard
// input; its first word is what to do.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Words = std::istringstream;

void report(const char* kind) {
  std::fprintf(stderr,
               "=================================================================\n"
               "==%d==ERROR: AddressSanitizer: %s on address 0x602000000014 at pc 0x4f bp 0x7f sp 0x7e\n"
               "READ of size 1 at 0x602000000014 thread T0\n"
               "    #0 0x4f1 in parse /src/victim.cc:10:3\n"
               "    #1 0x4f2 in main /src/victim.cc:20:1\n"
               "SUMMARY: AddressSanitizer: %s /src/victim.cc:10:3 in parse\n==%d==ABORTING\n",
               ::getpid(), kind, kind, ::getpid());
}

[[noreturn]] void wait_for_ever() {
  while (true) ::pause();
}

int crash(Words&) { std::abort(); }

int crash_sometimes(Words&) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  if ((now / 1000 + ::getpid()) % 3 == 0) std::abort();
  return 0;
}

int hang(Words&) {
  std::fputs("about to hang\n", stderr);
  wait_for_ever();
}

int spin(Words&) {
  volatile unsigned long turns = 0;
  while (true) turns = turns + 1;
}

// Children that leave the session and the group, then one that does it twice over; the parent crashes.
int scatter(Words&) {
  for (int i = 0; i < 3; ++i) {
    if (::fork() != 0) continue;
    ::setsid();
    std::signal(SIGTERM, SIG_IGN), std::signal(SIGHUP, SIG_IGN);
    if (::fork() != 0) ::_exit(0);
    ::setsid();
    wait_for_ever();
  }
  std::abort();
}

void take(std::size_t megabytes) {
  for (std::size_t i = 0; i < megabytes; ++i) std::memset(std::malloc(1 << 20), 1, 1 << 20);
}

int eat(Words& words) {
  std::size_t megabytes = 0;
  words >> megabytes;
  take(megabytes);
  std::fprintf(stderr, "ate %zu MB\n", megabytes);
  wait_for_ever();
}

// In many children at once, who all hold what they took when the parent crashes.
int eat_together(Words& words) {
  std::size_t children = 0, megabytes = 0;
  words >> children >> megabytes;
  int done[2];
  if (::pipe(done) != 0) return 3;
  for (std::size_t i = 0; i < children; ++i) {
    if (::fork() != 0) continue;
    take(megabytes);
    [[maybe_unused]] const auto told = ::write(done[1], "x", 1);
    wait_for_ever();
  }
  char one = 0;
  for (std::size_t i = 0; i < children; ++i) {
    if (::read(done[0], &one, 1) != 1) return 3;
  }
  ::usleep(200'000);
  std::abort();
}

int write_huge(Words&) {
  std::signal(SIGXFSZ, SIG_IGN);
  std::string block(1 << 20, 'x');
  for (int file = 0; file < 1000; ++file) {
    const int fd = ::open(("huge" + std::to_string(file)).c_str(), O_WRONLY | O_CREAT, 0600);
    while (::write(fd, block.data(), block.size()) > 0) {
    }
    ::close(fd);
  }
  return 0;
}

int flood(Words& words) {
  std::size_t megabytes = 0;
  words >> megabytes;
  std::fputs("first line\n", stderr);
  const std::string block(1 << 20, 'y');
  for (std::size_t i = 0; i < megabytes; ++i) {
    if (::write(2, block.data(), block.size()) <= 0) return 3;
    if (::write(1, block.data(), block.size()) <= 0) return 3;
  }
  std::fputs("\n", stderr);
  report("heap-buffer-overflow");
  return 1;
}

int call_out(Words& words) {
  int port = 0;
  words >> port;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const bool reached = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  std::fputs(reached ? "reached\n" : "not reached\n", stderr);
  return 0;
}

// Only as the first program of a pid namespace: anywhere else this would be the end of the machine.
int kill_parent(Words&) {
  if (::getpid() != 2 || ::getppid() != 1) return std::fputs("not here\n", stderr), 0;
  ::kill(::getppid(), SIGKILL);
  ::kill(-1, SIGKILL);
  std::fputs("still here\n", stderr);
  std::abort();
}

int write_at(Words& words) {
  std::string path;
  words >> path;
  const bool wrote = static_cast<bool>(std::ofstream(path) << "overwritten" << std::flush);
  std::fputs(wrote ? "wrote\n" : "could not write\n", stderr);
  return 0;
}

int print_report(Words& words) {
  std::string kind;
  words >> kind;
  report(kind.c_str());
  return 1;
}

// Crashes in one way when the input holds "bug", in another when it holds "other".
int two_bugs(Words& words) {
  const std::string rest{std::istreambuf_iterator<char>(words), {}};
  if (rest.find("bug") != std::string::npos) return report("heap-buffer-overflow"), 1;
  if (rest.find("other") != std::string::npos) return report("stack-buffer-overflow"), 1;
  return 0;
}

int say(Words& words) {
  std::string name;
  words >> name;
  const char* value = std::getenv(name.c_str());
  std::fprintf(stderr, "%s=%s\n", name.c_str(), value != nullptr ? value : "(not set)");
  return 0;
}

int end_with(Words& words) {
  int code = 0;
  words >> code;
  return code;
}

int fork_bomb(Words&) {
  if (::getpid() != 2 || ::getppid() != 1) return std::fputs("not here\n", stderr), 0;
  while (true) {
    if (::fork() < 0) ::usleep(1000);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string text;
  if (argc > 1) {
    std::ifstream in(argv[argc - 1], std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(in), {});
  } else {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  const std::map<std::string, int (*)(Words&)> deeds{
      {"crash", crash},
      {"sometimes", crash_sometimes},
      {"hang", hang},
      {"spin", spin},
      {"scatter", scatter},
      {"eat", eat},
      {"together", eat_together},
      {"huge", write_huge},
      {"flood", flood},
      {"call", call_out},
      {"parent", kill_parent},
      {"write", write_at},
      {"report", print_report},
      {"bugs", two_bugs},
      {"say", say},
      {"exit", end_with},
      {"bomb", fork_bomb},
  };
  Words words(text);
  std::string deed;
  words >> deed;
  const auto found = deeds.find(deed);
  return found != deeds.end() ? found->second(words) : 0;
}
