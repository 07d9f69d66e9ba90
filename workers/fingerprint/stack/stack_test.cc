#include "workers/fingerprint/stack/stack.h"

#include "tests/catch.h"
#include "workers/fingerprint/stack/frame_rules.h"

using namespace fuzzmill::workers;

namespace {

Report report_of(std::initializer_list<const char*> functions, const char* kind = "segv") {
  Report report;
  report.kind = kind;
  for (const char* function : functions) {
    Frame frame;
    frame.function = function;
    report.frames.push_back(frame);
  }
  return report;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("machinery above and below the program's frames is dropped by named rules") {
  struct Row {
    const char* function;
    const char* rule;
  };
  constexpr Row kRows[] = {
      {"__asan_memcpy", "sanitizer-runtime"},
      {"__interceptor_memcpy.part.35", "interceptor"},
      {"memcpy", "libc-string"},
      {"__memmove_avx_unaligned_erms", "libc-string"},
      {"__wrap_strcmp", "libc-string"},
      {"operator new(unsigned long)", "allocator"},
      {"malloc", "allocator"},
      {"abort", "assert-machinery"},
      {"__assert_fail_base", "assert-machinery"},
      {"__cxa_throw", "throw-machinery"},
      {"std::terminate()", "standard-library"},
      {"fuzzer::Fuzzer::CrashCallback()", "fuzzer"},
      {"__libc_start_call_main", "runtime-start"},
      {"__ubsan::Die()", "sanitizer-runtime"},
      {"exit", "runtime-start"},
  };
  for (const Row& row : kRows) {
    INFO(row.function);
    const Stack stack = normalise_stack(report_of({row.function, "own"}));
    CHECK(stack.names() == Names{"own"});
    REQUIRE(stack.dropped.size() == 1);
    CHECK(stack.dropped[0].rule == row.rule);
  }
}

TEST_CASE("a name that only begins like machinery counts") {
  for (auto own : {"free_list_add", "mainwindow_init", "freeze", "newNode", "deleteNode", "abort_handler",
                   "my_assert_valid", "operator_table", "strlen_utf8", "memcpy_s", "mallocator",
                   "parse_logger_cfg", "wrap_text", "fuzzer_state", "stdlib_init", "raise_error", "exit_code",
                   "NewObject", "strdup_parts"}) {
    INFO(own);
    CHECK(normalise_stack(report_of({own})).names() == Names{own});
    CHECK(normalise_stack(report_of({own, "outer"})).dropped.empty());
  }
}

TEST_CASE("frames of the system are dropped by their file or module") {
  Report report = report_of({"wait4", "", "own"});
  report.frames[0].file = "posix/../sysdeps/unix/sysv/linux/wait4.c";
  report.frames[1].module = "/lib/x86_64-linux-gnu/libc.so.6";
  report.frames[2].file = "string/own.c";
  CHECK(normalise_stack(report).names() == Names{"own"});
}

TEST_CASE("the fuzz target's entry counts and what is below it does not") {
  const Stack stack = normalise_stack(report_of({"f", "LLVMFuzzerTestOneInput", "surprise", "main"}));
  CHECK(stack.names() == Names{"f", "LLVMFuzzerTestOneInput"});
  REQUIRE(stack.dropped.size() == 2);
  CHECK(stack.dropped[0].rule == kBelowTarget);
}

TEST_CASE("main stands in only when nothing else counts") {
  CHECK(normalise_stack(report_of({"malloc", "f", "main"})).names() == Names{"f"});
  CHECK(normalise_stack(report_of({"malloc", "main", "_start"})).names() == Names{"main"});
  CHECK(normalise_stack(report_of({"malloc"})).names() == Names{"malloc"});
  CHECK(normalise_stack(report_of({"__asan_memcpy", "fuzzer::f()"})).names().empty());
}

TEST_CASE("a frame without a symbol is named by module and offset") {
  Report report = report_of({""});
  report.frames[0].module = "/srv/fuzz/t";
  report.frames[0].offset = 0x1f;
  CHECK(normalise_stack(report).names() == Names{"t+0x1f"});
}

TEST_CASE("a recursion is one turn of its cycle, wherever it was entered and left") {
  const Names turn = {"a", "b", "c"};
  CHECK(normalise_stack(report_of({"b", "c", "a", "b", "c", "a", "b", "c", "a", "main"}, "stack-overflow"))
            .names() == turn);
  CHECK(normalise_stack(
            report_of({"leaf", "c", "a", "b", "c", "a", "b", "c", "a", "b", "start_it"}, "stack-overflow"))
            .names() == turn);
  CHECK(normalise_stack(report_of({"rec(int)", "rec(int)", "rec(int)", "rec(int)"}, "stack-overflow"))
            .names() == Names{"rec"});
}

TEST_CASE("a recursion is left alone in a crash that is no stack-overflow") {
  CHECK(normalise_stack(report_of({"r", "r", "r", "r"})).names().size() == 4);
}

TEST_CASE("a stack-overflow without a cycle keeps its stack") {
  CHECK(normalise_stack(report_of({"a", "b", "c", "d"}, "stack-overflow")).names().size() == 4);
}

TEST_CASE("libc's threads are dropped, a project's own functions that are named like them count") {
  for (const char* libc : {"pthread_mutex_lock", "pthread_cond_wait@@GLIBC_2.3.2",
                           "__pthread_rwlock_rdlock_full", "pthread_setname_np", "memcpy@plt"}) {
    INFO(libc);
    CHECK(normalise_stack(report_of({libc, "own"})).names() == Names{"own"});
  }
  for (const char* own : {"pthread_pool_run", "pthread_mutex_locker", "pthreads_init", "my_pthread_create"}) {
    INFO(own);
    CHECK(normalise_stack(report_of({own, "outer"})).names() == Names{own, "outer"});
  }
}

TEST_CASE("a lambda counts where its place is the program's, not where it is a library's or unknown") {
  const auto counts = [](const char* file, std::uint32_t line) {
    Report report = report_of({"operator()", "own"});
    report.frames[0].file = file, report.frames[0].line = line;
    return normalise_stack(report).dropped.empty();
  };
  CHECK(counts("/src/own/walk.cc", 7));
  CHECK_FALSE(counts("/src/own/walk.cc", 0));
  CHECK_FALSE(counts("/usr/include/c++/12/bits/stl_algo.h", 7));
  CHECK_FALSE(counts("", 0));
}

TEST_CASE("a scoped function of the program counts where a debugger gave it the line of a library's header") {
  const auto names_of = [](const char* function, const char* file) {
    Report report = report_of({function, "outer"});
    report.frames[0].file = file, report.frames[0].line = 7;
    return normalise_stack(report).names();
  };
  constexpr const char* kHeader = "/usr/include/c++/12/bits/stl_vector.h";
  CHECK(names_of("json::Value::at", kHeader) == Names{"json::Value::at", "outer"});
  CHECK(names_of("std::vector<int>::at", kHeader) == Names{"outer"});
  CHECK(names_of("at", kHeader) == Names{"outer"});
  CHECK(names_of("json::Value::at", "/src/libcxx/include/vector") == Names{"outer"});
}
