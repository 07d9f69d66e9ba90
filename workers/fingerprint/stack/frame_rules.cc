#include "workers/fingerprint/stack/frame_rules.h"

#include <algorithm>
#include <array>

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::string_view kInterceptor = "interceptor";
constexpr std::string_view kSanitizer = "sanitizer-runtime";
constexpr std::string_view kAllocator = "allocator";
constexpr std::string_view kLibcString = "libc-string";
constexpr std::string_view kLibc = "libc";
constexpr std::string_view kAssert = "assert-machinery";
constexpr std::string_view kThrow = "throw-machinery";
constexpr std::string_view kLog = "log-machinery";
constexpr std::string_view kFuzzer = "fuzzer";
constexpr std::string_view kStartUp = "runtime-start";
constexpr std::string_view kStandard = "standard-library";
constexpr std::string_view kSystem = "system-library";
constexpr std::string_view kNoName = "no-name";

struct Rule {
  std::string_view match;
  std::string_view rule;
};

// Whole names. Sorted at compile time.
constexpr auto kNames = [] {
  auto rules = std::to_array<Rule>({
      {"malloc", kAllocator},
      {"calloc", kAllocator},
      {"realloc", kAllocator},
      {"reallocarray", kAllocator},
      {"free", kAllocator},
      {"cfree", kAllocator},
      {"memalign", kAllocator},
      {"aligned_alloc", kAllocator},
      {"posix_memalign", kAllocator},
      {"valloc", kAllocator},
      {"pvalloc", kAllocator},
      {"free_sized", kAllocator},
      {"operator new", kAllocator},
      {"operator new[]", kAllocator},
      {"operator delete", kAllocator},
      {"operator delete[]", kAllocator},
      {"malloc_usable_size", kAllocator},
      {"malloc_printerr", kAllocator},
      {"malloc_consolidate", kAllocator},
      {"sysmalloc", kAllocator},
      {"_int_malloc", kAllocator},
      {"_int_free", kAllocator},
      {"_int_realloc", kAllocator},
      {"__libc_malloc", kAllocator},
      {"__libc_free", kAllocator},
      {"__libc_calloc", kAllocator},
      {"__libc_realloc", kAllocator},
      {"unlink_chunk", kAllocator},
      {"munmap_chunk", kAllocator},
      {"__libcpp_allocate", kAllocator},
      {"__libcpp_operator_new", kAllocator},
      {"_wrap_malloc", kAllocator},
      {"__rust_alloc", kAllocator},
      {"__rust_dealloc", kAllocator},
      {"__rdl_alloc", kAllocator},
      {"swift_slowAlloc", kAllocator},
      {"abort", kAssert},
      {"raise", kAssert},
      {"gsignal", kAssert},
      {"tgkill", kAssert},
      {"__abort", kAssert},
      {"pthread_kill", kAssert},
      {"__pthread_kill", kAssert},
      {"__pthread_kill_implementation", kAssert},
      {"__pthread_kill_internal", kAssert},
      {"__assert_fail", kAssert},
      {"__assert_fail_base", kAssert},
      {"__assert", kAssert},
      {"__assert2", kAssert},
      {"__assert_rtn", kAssert},
      {"__assert_func", kAssert},
      {"__assert_perror_fail", kAssert},
      {"__libc_message", kAssert},
      {"__fortify_fail", kAssert},
      {"__fortify_fail_abort", kAssert},
      {"__chk_fail", kAssert},
      {"__stack_chk_fail", kAssert},
      {"__libcpp_verbose_abort", kAssert},
      {"__libcpp_assertion_handler", kAssert},
      {"abort_message", kAssert},
      {"__abort_message", kAssert},
      {"DebugBreak", kAssert},
      {"WTFCrash", kAssert},
      {"WTFCrashWithInfo", kAssert},
      {"WTFReportBacktrace", kAssert},
      {"Swift._assertionFailure", kAssert},
      {"_swift_stdlib_reportFatalErrorInFile", kAssert},
      {"_swift_stdlib_reportFatalError", kAssert},
      {"g_assertion_message", kAssert},
      {"g_assertion_message_expr", kAssert},
      {"g_logv", kLog},
      {"g_log", kLog},
      {"g_log_structured", kLog},
      {"syslog", kLog},
      {"rust_panic", kThrow},
      {"rust_begin_unwind", kThrow},
      {"rust_oom", kThrow},
      {"__rust_start_panic", kThrow},
      {"panic_abort", kThrow},
      {"__cxa_throw", kThrow},
      {"__cxa_rethrow", kThrow},
      {"__cxa_bad_cast", kThrow},
      {"__cxa_bad_typeid", kThrow},
      {"__cxa_throw_bad_array_new_length", kThrow},
      {"__cxa_pure_virtual", kThrow},
      {"__cxa_call_terminate", kThrow},
      {"__cxa_call_unexpected", kThrow},
      {"__cxa_begin_catch", kThrow},
      {"__cxa_allocate_exception", kThrow},
      {"__gxx_personality_v0", kThrow},
      {"__clang_call_terminate", kThrow},
      {"demangling_terminate_handler", kThrow},
      {"demangling_unexpected_handler", kThrow},
      {"default_terminate_handler", kThrow},
      {"failed_throw", kThrow},
      {"throw_exception", kThrow},
      {"_start", kStartUp},
      {"__libc_start_main", kStartUp},
      {"_dl_start_user", kStartUp},
      {"__libc_start_main_impl", kStartUp},
      {"__libc_start_call_main", kStartUp},
      {"__libc_csu_init", kStartUp},
      {"generic_start_main", kStartUp},
      {"start_thread", kStartUp},
      {"__clone", kStartUp},
      {"clone3", kStartUp},
      {"__clone3", kStartUp},
      {"thread_start", kStartUp},
      {"_pthread_start", kStartUp},
      {"_pthread_body", kStartUp},
      {"asan_thread_start", kStartUp},
      {"exit", kStartUp},
      {"_exit", kStartUp},
      {"_Exit", kStartUp},
      {"__run_exit_handlers", kStartUp},
      {"__cxa_finalize", kStartUp},
      {"__restore_rt", kStartUp},
      {"_sigtramp", kStartUp},
      {"_dl_init", kStartUp},
      {"call_init", kStartUp},
      {"_dl_fini", kStartUp},
      {"BaseThreadInitThunk", kStartUp},
      {"RtlUserThreadStart", kStartUp},
      {"invoke_main", kStartUp},
      {"__scrt_common_main_seh", kStartUp},
      {"CrashTrampolineAsm", kStartUp},
      {"__fuchsia_asan_start", kStartUp},
      {"main", kProgramEntry},
      {"real_main", kProgramEntry},
      {"wmain", kProgramEntry},
      {"rust_main", kProgramEntry},
      {"HonggfuzzMain", kFuzzer},
      {"HonggfuzzRunOneInput", kFuzzer},
      {"HonggfuzzRunFromFile", kFuzzer},
      {"LLVMFuzzerRunDriver", kFuzzer},
      {"ExecuteFilesOnyByOne", kFuzzer},
      {"ExecuteFilesOneByOne", kFuzzer},
      {"printf_common", kInterceptor},
      {"scanf_common", kInterceptor},
      {"MemcmpInterceptorCommon", kInterceptor},
      {"StrstrCheck", kInterceptor},
      {"StrtolFixAndCheck", kInterceptor},
      {"CharCmpX", kInterceptor},
      {"vprintf_common", kInterceptor},
      {"read_iovec", kInterceptor},
      {"write_iovec", kInterceptor},
      {"printf", kLibc},
      {"fprintf", kLibc},
      {"sprintf", kLibc},
      {"snprintf", kLibc},
      {"vprintf", kLibc},
      {"vfprintf", kLibc},
      {"vsprintf", kLibc},
      {"vsnprintf", kLibc},
      {"asprintf", kLibc},
      {"vasprintf", kLibc},
      {"scanf", kLibc},
      {"fscanf", kLibc},
      {"sscanf", kLibc},
      {"vscanf", kLibc},
      {"vsscanf", kLibc},
      {"vfscanf", kLibc},
      {"atoi", kLibc},
      {"atol", kLibc},
      {"atoll", kLibc},
      {"atof", kLibc},
      {"strtol", kLibc},
      {"strtoul", kLibc},
      {"strtoll", kLibc},
      {"strtoull", kLibc},
      {"strtod", kLibc},
      {"strtof", kLibc},
      {"qsort", kLibc},
      {"qsort_r", kLibc},
      {"bsearch", kLibc},
      {"fread", kLibc},
      {"fwrite", kLibc},
      {"fgets", kLibc},
      {"puts", kLibc},
      {"fputs", kLibc},
      {"getenv", kLibc},
      {"sleep", kLibc},
      {"usleep", kLibc},
      {"nanosleep", kLibc},
      {"__nanosleep", kLibc},
      {"clock_nanosleep", kLibc},
      {"pthread_create", kLibc},
      {"pthread_mutex_lock", kLibc},
      {"pthread_mutex_unlock", kLibc},
      {"pthread_join", kLibc},
      {"<unknown>", kNoName},
      {"<null>", kNoName},
      {"??", kNoName},
      {"<unavailable>", kNoName},
      {"<unknown module>", kNoName},
  });
  std::sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) { return a.match < b.match; });
  return rules;
}();

// Beginnings of names that nobody else uses, so that they end at a word boundary by themselves.
constexpr Rule kBeginnings[] = {
    {"__interceptor_", kInterceptor},
    {"___interceptor_", kInterceptor},
    {"__interceptor_trampoline_", kInterceptor},
    {"__asan_", kSanitizer},
    {"__asan::", kSanitizer},
    {"__hwasan_", kSanitizer},
    {"__hwasan::", kSanitizer},
    {"__lsan_", kSanitizer},
    {"__lsan::", kSanitizer},
    {"__msan_", kSanitizer},
    {"__msan::", kSanitizer},
    {"__tsan_", kSanitizer},
    {"__tsan::", kSanitizer},
    {"__ubsan_", kSanitizer},
    {"__ubsan::", kSanitizer},
    {"__cfi_", kSanitizer},
    {"__sanitizer_", kSanitizer},
    {"__sanitizer::", kSanitizer},
    {"__sancov", kSanitizer},
    {"__dfsan_", kSanitizer},
    {"__dfsan::", kSanitizer},
    {"__rtsan", kSanitizer},
    {"__memprof", kSanitizer},
    {"__gwp_asan", kSanitizer},
    {"gwp_asan::", kSanitizer},
    {"scudo::", kAllocator},
    {"__scudo", kAllocator},
    {"tcmalloc::", kAllocator},
    {"tc_malloc", kAllocator},
    {"tc_new", kAllocator},
    {"tc_free", kAllocator},
    {"partition_alloc::", kAllocator},
    {"allocator_shim::", kAllocator},
    {"__je_", kAllocator},
    {"fuzzer::", kFuzzer},
    {"centipede::", kFuzzer},
    {"fuzztest::", kFuzzer},
    {"__afl_", kFuzzer},
    {"HF_", kFuzzer},
    {"libfuzzer_sys::", kFuzzer},
    {"testing::", kFuzzer},
    {"_Unwind_", kThrow},
    {"_objc_terminate", kThrow},
    {"Swift.", kStandard},
    {"fx_logger::", kLog},
    {"__cxxabiv1::", kThrow},
    {"boost::throw_exception", kThrow},
    {"logging::", kLog},
    {"google::LogMessage", kLog},
    {"absl::log_internal::", kLog},
    {"absl::internal_any_invocable::", kStandard},
    {"base::debug::", kLog},
    {"base::ImmediateCrash", kAssert},
    {"std::", kStandard},
    {"__gnu_cxx::", kStandard},
    {"__gnu_debug::", kStandard},
    {"core::panicking::", kThrow},
    {"core::option::", kStandard},
    {"core::result::", kStandard},
    {"core::ops::", kStandard},
    {"core::slice::", kStandard},
    {"core::ptr::", kStandard},
    {"core::fmt::", kStandard},
    {"core::str::", kStandard},
    {"core::iter::", kStandard},
    {"alloc::vec::", kStandard},
    {"alloc::alloc::", kAllocator},
    {"alloc::raw_vec::", kStandard},
    {"alloc::boxed::", kStandard},
    {"alloc::string::", kStandard},
    {"__rust_", kStandard},
};

// Parts of a source file's path, each beginning at a folder's name (after a '/' or at the start).
constexpr Rule kPaths[] = {
    {"compiler-rt/lib/fuzzer/", kFuzzer},
    {"compiler-rt/lib/", kSanitizer},
    {"sanitizer_common/", kSanitizer},
    {"libsanitizer/", kSanitizer},
    {"libfuzzer/Fuzzer", kFuzzer},
    {"libFuzzer/src/", kFuzzer},
    {"honggfuzz/libhfuzz/", kFuzzer},
    {"honggfuzz/libhfcommon/", kFuzzer},
    {"fuzztest/", kFuzzer},
    {"googletest/", kFuzzer},
    {"include/c++/", kStandard},
    {"libcxx/", kStandard},
    {"libc++/", kStandard},
    {"libc++abi/", kThrow},
    {"libcxxabi/", kThrow},
    {"libstdc++-v3/", kStandard},
    {"libgcc/", kThrow},
    {"bits/stl_", kStandard},
    {"rustc/", kStandard},
    {"sysdeps/", kLibc},
    {"glibc-", kLibc},
    {"eglibc-", kLibc},
    {"glibc/", kLibc},
    {"absl/log/internal/", kLog},
    {"jemalloc/", kAllocator},
    {"tcmalloc/", kAllocator},
};

// glibc as Debian builds it leaves relative paths: "stdlib/./stdlib/abort.c", "csu/../csu/libc-start.c".
constexpr std::string_view kGlibcFolders[] = {
    "assert/", "csu/",    "debug/",  "elf/",          "io/",     "libio/",  "malloc/", "misc/",  "nptl/",
    "posix/",  "setjmp/", "signal/", "stdio-common/", "stdlib/", "string/", "time/",   "wcsmbs/"};

// File names of libraries of the system, up to a '.', '-' or their end.
constexpr std::string_view kSystemLibraries[] = {
    "libc",     "libpthread",      "libm",      "libdl",       "librt",     "ld",
    "ld-linux", "ld-linux-x86-64", "libstdc++", "libc++",      "libc++abi", "libgcc_s",
    "libasan",  "libubsan",        "libtsan",   "liblsan",     "libmsan",   "linux-vdso",
    "[vdso]",   "libunwind",       "libhwasan", "libsystem_c", "ntdll",     "libclang_rt"};

// The words of libc's memory and string functions, which also appear as __memcpy_avx_unaligned_erms,
// __strlen_sse2 or __memcpy_chk.
constexpr auto kStringWords = [] {
  auto words = std::to_array<std::string_view>(
      {"memcpy",     "memmove",     "memset",  "memcmp",   "memchr",  "memrchr",  "memmem",    "mempcpy",
       "memccpy",    "bcmp",        "bcopy",   "bzero",    "strlen",  "strnlen",  "strcpy",    "strncpy",
       "stpcpy",     "stpncpy",     "strlcpy", "strlcat",  "strcat",  "strncat",  "strcmp",    "strncmp",
       "strcasecmp", "strncasecmp", "strcoll", "strxfrm",  "strchr",  "strrchr",  "strchrnul", "strstr",
       "strcasestr", "strpbrk",     "strspn",  "strcspn",  "strtok",  "strtok_r", "strsep",    "strdup",
       "strndup",    "wcslen",      "wcsnlen", "wcscpy",   "wcsncpy", "wcscat",   "wcscmp",    "wmemcpy",
       "wmemmove",   "wmemset",     "wmemcmp", "rawmemchr"});
  std::sort(words.begin(), words.end());
  return words;
}();

bool is_libc_string(std::string_view function) {
  std::size_t lead = 0;
  while (lead < function.size() && function[lead] == '_') ++lead;
  std::string_view word = function.substr(lead);
  std::size_t end = 0;
  while (end < word.size() && word[end] >= 'a' && word[end] <= 'z') ++end;
  std::string_view tail = word.substr(end);
  if (tail.starts_with("_r") && word.substr(0, end) == "strtok") tail.remove_prefix(2);
  if (!std::binary_search(kStringWords.begin(), kStringWords.end(), word.substr(0, end))) return false;
  if (tail.empty() || tail.starts_with('-')) return true;
  if (lead == 0) return false;  // without underscores it may be the program's own
  for (std::string_view flavour :
       {"_avx", "_sse", "_ssse", "_evex", "_erms", "_unaligned", "_chk", "_aarch64", "_generic"}) {
    if (tail.starts_with(flavour)) return true;
  }
  return false;
}

// Linker and macOS wrappers: "__wrap_strcmp" is dropped because strcmp is, "wrap_text" is not.
std::string_view unwrapped(std::string_view function) {
  for (std::string_view prefix : {"__wrap_", "_wrap_", "wrap_"}) {
    if (consume(function, prefix)) return function;
  }
  return function;
}

std::string_view rule_of_name(std::string_view function) {
  function = unwrapped(function);
  if (function.empty()) return {};
  auto at = std::lower_bound(kNames.begin(), kNames.end(), function,
                             [](const Rule& rule, std::string_view name) { return rule.match < name; });
  if (at != kNames.end() && at->match == function) return at->rule;
  for (const Rule& rule : kBeginnings) {
    if (rule.match.front() == function.front() && function.starts_with(rule.match)) return rule.rule;
  }
  return is_libc_string(function) ? kLibcString : std::string_view();
}

bool is_glibc_path(std::string_view file) {
  if (file.starts_with("./") || file.starts_with("../sysdeps/")) {
    return file.starts_with("../sysdeps/") || is_glibc_path(file.substr(2));
  }
  for (std::string_view folder : kGlibcFolders) {
    if (!file.starts_with(folder)) continue;
    // "string/x.c" may be the program's; "string/../sysdeps/…" and "string/./string/…" are glibc's.
    const std::string_view rest = file.substr(folder.size());
    return rest.starts_with("../") || rest.starts_with("./");
  }
  return false;
}

std::string_view rule_of_path(std::string_view file) {
  for (std::string_view rest = file; !rest.empty();) {
    for (const Rule& rule : kPaths) {
      if (rule.match.front() == rest.front() && rest.starts_with(rule.match)) return rule.rule;
    }
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  return is_glibc_path(file) ? kLibc : std::string_view();
}

std::string_view rule_of_module(std::string_view module) {
  if (const auto slash = module.rfind('/'); slash != std::string_view::npos) module.remove_prefix(slash + 1);
  if (module.starts_with("<unknown")) return kNoName;
  for (std::string_view library : kSystemLibraries) {
    if (!module.starts_with(library)) continue;
    const std::string_view tail = module.substr(library.size());
    if (tail.empty() || tail.front() == '.' || tail.front() == '-') return kSystem;
  }
  return {};
}

}  // namespace

bool is_target_entry(std::string_view function) {
  return function == "LLVMFuzzerTestOneInput" || function == "rust_fuzzer_test_input";
}

std::string_view rule_of(const Frame& frame, std::string_view function) {
  if (is_target_entry(function)) return {};
  if (!function.empty()) {
    if (auto rule = rule_of_name(function); !rule.empty()) return rule;
  } else if (frame.module.empty() && frame.file.empty()) {
    return kNoName;
  }
  if (auto rule = rule_of_path(frame.file); !rule.empty()) return rule;
  // Some symbolizers print the module where the function belongs.
  return rule_of_module(frame.module.empty() && frame.file.empty() ? function
                                                                   : std::string_view(frame.module));
}

bool may_stand_in(std::string_view rule) {
  for (std::string_view own : {kProgramEntry, kStandard, kLibc, kLibcString, kAllocator, kSystem, kLog}) {
    if (rule == own) return true;
  }
  return false;
}

}  // namespace fuzzmill::workers
