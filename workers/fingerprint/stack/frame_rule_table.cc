#include "workers/fingerprint/stack/frame_rule_table.h"

#include "workers/fingerprint/stack/frame_rules.h"

namespace fuzzmill::workers {
namespace {

constexpr RuleRow kWholeNames[] = {
    {kAllocator,
     "malloc|calloc|realloc|reallocarray|free|cfree|memalign|aligned_alloc|posix_memalign|valloc|pvalloc|"
     "free_sized|free_aligned_sized|operator new|operator new[]|operator delete|operator delete[]|"
     "malloc_usable_size|malloc_printerr|malloc_consolidate|sysmalloc|_int_malloc|_int_free|_int_realloc|"
     "_int_memalign|_int_free_merge_chunk|__libc_malloc|__libc_free|__libc_calloc|__libc_realloc|"
     "unlink_chunk|munmap_chunk|tcache_get|tcache_put|__libcpp_allocate|__libcpp_deallocate|"
     "__libcpp_operator_new|__libcpp_operator_delete|_wrap_malloc|dlmalloc|dlfree|dlcalloc|dlrealloc|"
     "__rust_alloc|__rust_dealloc|__rust_realloc|__rust_alloc_zeroed|__rdl_alloc|__rdl_dealloc|__rdl_realloc|"
     "__rg_alloc|__rg_dealloc|swift_slowAlloc|swift_slowDealloc|g_malloc|g_malloc0|g_realloc|g_free|"
     "g_try_malloc|g_malloc_n|g_malloc0_n|g_slice_alloc|g_slice_alloc0|g_slice_free1|moz_xmalloc|moz_xcalloc|"
     "moz_xrealloc|mozalloc_handle_oom|RtlAllocateHeap|RtlFreeHeap|RtlReAllocateHeap|HeapAlloc|HeapFree|"
     "malloc_zone_malloc|malloc_zone_free|szone_malloc|szone_free|tiny_free_list_remove_ptr|_malloc_base|"
     "_free_base|_calloc_base|_realloc_base"},
    {kAssert,
     "abort|raise|gsignal|tgkill|__abort|pthread_kill|__pthread_kill|__pthread_kill_implementation|"
     "__pthread_kill_internal|__assert_fail|__assert_fail_base|__assert_fail_base_error|__assert|"
     "__assert2|__assert13|__assert_c99|__assert_rtn|__assert_func|__assert_perror_fail|_assert|_wassert|"
     "__android_log_assert|__libc_message|__libc_fatal|__libc_message_impl|__malloc_assert|__fortify_fail|"
     "__fortify_fail_abort|__chk_fail|__stack_chk_fail|__stack_chk_fail_local|__fortify_fatal|"
     "__libcpp_verbose_abort|__libcpp_assertion_handler|abort_message|__abort_message|__abort_with_payload|"
     "abort_with_payload|abort_with_reason|terminate_with_reason|DebugBreak|RaiseException|"
     "KiUserExceptionDispatcher|__report_gsfailure|__fastfail|_invalid_parameter|"
     "_invalid_parameter_noinfo|_invoke_watson|_purecall|WTFCrash|WTFCrashWithInfo|WTFCrashWithInfoImpl|"
     "WTFReportBacktrace|WTFReportAssertionFailure|ImmediateCrash|V8_Fatal|V8_Dcheck|SkAbort_FileLine|"
     "sk_abort_no_print|SbSystemBreakIntoDebugger|Swift._assertionFailure|_swift_runtime_on_report|"
     "_swift_stdlib_reportFatalErrorInFile|_swift_stdlib_reportFatalError|swift_reportError|"
     "g_assertion_message|g_assertion_message_expr|g_assertion_message_cmpnum|g_assertion_message_cmpint|"
     "g_assertion_message_cmpstr|g_assertion_message_error|g_abort|qt_assert|qt_assert_x|qFatal|"
     "qt_message_fatal|qAbort|qTerminate|QMessageLogger::fatal|mozalloc_abort|MOZ_Crash|MOZ_CrashPrintf|"
     "MOZ_CrashOOL|MOZ_CrashSequence|MOZ_ReportCrash|MOZ_ReportAssertionFailure|AnnotateMozCrashReason|"
     "boost::assertion_failed|boost::assertion_failed_msg|__terminate"},
    {kLog,
     "g_logv|g_log|g_log_structured|g_log_structured_array|g_log_default_handler|_g_log_abort|"
     "g_return_if_fail_warning|syslog|vsyslog|fx_logger_log|fx_logger_vlog|fx_logger_logf|fx_logger_logvf|"
     "__android_log_print|__android_log_write|__android_log_vprint|__android_log_buf_write|backtrace|"
     "backtrace_symbols"},
    {kThrow,
     "rust_panic|rust_begin_unwind|rust_oom|rust_panic_with_hook|__rust_start_panic|__rust_drop_panic|"
     "__rust_panic_cleanup|__rust_foreign_exception|__rust_try|__rust_maybe_catch_panic|"
     "__rust_alloc_error_handler|__rg_oom|__rdl_oom|panic_abort|__cxa_throw|__cxa_rethrow|__cxa_bad_cast|"
     "__cxa_bad_typeid|__cxa_throw_bad_array_new_length|__cxa_throw_bad_array_length|__cxa_pure_virtual|"
     "__cxa_deleted_virtual|__cxa_call_terminate|__cxa_call_unexpected|__cxa_begin_catch|__cxa_end_catch|"
     "__cxa_allocate_exception|__cxa_free_exception|__gxx_personality_v0|__gcc_personality_v0|"
     "__clang_call_terminate|demangling_terminate_handler|demangling_unexpected_handler|"
     "default_terminate_handler|default_unexpected_handler|failed_throw|throw_exception|_CxxThrowException|"
     "__CxxFrameHandler3|__std_terminate|swift_unexpectedError"},
    {kStartUp,
     "_start|__start|__libc_start_main|_dl_start_user|__libc_start_main_impl|__libc_start_call_main|"
     "__libc_csu_init|__libc_init|generic_start_main|start_thread|__clone|clone3|__clone3|thread_start|"
     "__bionic_clone|__pthread_start|_pthread_start|_pthread_body|__start_thread|asan_thread_start|exit|_"
     "exit|"
     "_Exit|quick_exit|__run_exit_handlers|__cxa_finalize|__cxa_atexit|atexit|__restore_rt|"
     "__kernel_rt_sigreturn|__kernel_sigreturn|_sigtramp|_dl_init|call_init|_dl_fini|__do_global_ctors_aux|"
     "__cxx_global_var_init|BaseThreadInitThunk|RtlUserThreadStart|RtlInitializeExceptionChain|invoke_main|"
     "__scrt_common_main|__scrt_common_main_seh|__tmainCRTStartup|mainCRTStartup|WinMainCRTStartup|"
     "wmainCRTStartup|CrashTrampolineAsm|__fuchsia_asan_start|start_main|libc_start_main_stage2"},
    {kProgramEntry,
     "main|real_main|wmain|WinMain|wWinMain|rust_main|main.main|__main__|"
     "<module>"},
    {kFuzzer,
     "HonggfuzzMain|HonggfuzzRunOneInput|HonggfuzzRunFromFile|LLVMFuzzerRunDriver|ExecuteFilesOnyByOne|"
     "ExecuteFilesOneByOne|TestOneProtoInput|__libfuzzer_sys_run|go-fuzz-dep.Main|gofuzzdep.Main|"
     "RunCentipedeOrFuzzTest|CentipedeRunnerMain"},
    {kInterceptor,
     "printf_common|scanf_common|MemcmpInterceptorCommon|StrstrCheck|StrtolFixAndCheck|CharCmpX|"
     "vprintf_common|read_iovec|write_iovec|wrapped_qsort|ioctl_common_pre|read_msghdr|"
     "StackTrace::GetStackTraceWithPcBpAndContext"},
    {kLibc,
     "printf|fprintf|sprintf|snprintf|vprintf|vfprintf|vsprintf|vsnprintf|asprintf|vasprintf|dprintf|"
     "__vfprintf_internal|__vsnprintf_internal|__printf_chk|__fprintf_chk|__sprintf_chk|__snprintf_chk|"
     "__vsnprintf_chk|scanf|fscanf|sscanf|vscanf|vsscanf|vfscanf|__isoc99_sscanf|__isoc99_scanf|"
     "__isoc99_fscanf|__isoc99_vsscanf|__isoc23_sscanf|atoi|atol|atoll|atof|strtol|strtoul|strtoll|strtoull|"
     "strtod|strtof|strtold|__isoc23_strtol|__isoc23_strtoul|qsort|qsort_r|msort_with_tmp|bsearch|fread|"
     "fwrite|fgets|fputs|puts|fputc|putchar|getenv|setenv|sleep|usleep|nanosleep|__nanosleep|clock_nanosleep|"
     "__clock_nanosleep|__pthread_mutex_lock|__pthread_once_slow|syscall|__futex|__futex_wait|futex_"
     "wait|"
     "__poll|__select|__read|__write|__kernel_vsyscall|strftime|mktime|localtime_r|gmtime_r|iconv|regexec|"
     "regcomp"},
    {kLibc,
     "pthread_attr_destroy|pthread_attr_getaffinity_np|pthread_attr_getdetachstate|"
     "pthread_attr_getguardsize|pthread_attr_getinheritsched|pthread_attr_getschedparam|"
     "pthread_attr_getschedpolicy|pthread_attr_getscope|pthread_attr_getstack|pthread_attr_getstackaddr|"
     "pthread_attr_getstacksize|pthread_attr_init|pthread_attr_setaffinity_np|pthread_attr_setdetachstate|"
     "pthread_attr_setguardsize|pthread_attr_setinheritsched|pthread_attr_setschedparam|"
     "pthread_attr_setschedpolicy|pthread_attr_setscope|pthread_attr_setstack|pthread_attr_setstackaddr|"
     "pthread_attr_setstacksize|pthread_atfork|pthread_barrier_destroy|pthread_barrier_init|"
     "pthread_barrier_wait|pthread_barrierattr_destroy|pthread_barrierattr_init|"
     "pthread_barrierattr_setpshared|pthread_cancel|pthread_cleanup_pop|pthread_cleanup_push|"
     "pthread_clockjoin_np|pthread_cond_broadcast|pthread_cond_clockwait|pthread_cond_destroy|"
     "pthread_cond_init|pthread_cond_signal|pthread_cond_timedwait|pthread_cond_wait|"
     "pthread_condattr_destroy|pthread_condattr_init|pthread_condattr_setclock|"
     "pthread_condattr_setpshared|pthread_create|pthread_detach|pthread_equal|pthread_exit|"
     "pthread_getaffinity_np|pthread_getattr_np|pthread_getcpuclockid|pthread_getname_np|"
     "pthread_getschedparam|pthread_getspecific|pthread_join|pthread_key_create|pthread_key_delete|"
     "pthread_mutex_clocklock|pthread_mutex_consistent|pthread_mutex_destroy|pthread_mutex_init|"
     "pthread_mutex_lock|pthread_mutex_timedlock|pthread_mutex_trylock|pthread_mutex_unlock|"
     "pthread_mutexattr_destroy|pthread_mutexattr_gettype|pthread_mutexattr_init|"
     "pthread_mutexattr_setprotocol|pthread_mutexattr_setpshared|pthread_mutexattr_setrobust|"
     "pthread_mutexattr_settype|pthread_once|pthread_rwlock_clockrdlock|pthread_rwlock_clockwrlock|"
     "pthread_rwlock_destroy|pthread_rwlock_init|pthread_rwlock_rdlock|pthread_rwlock_timedrdlock|"
     "pthread_rwlock_timedwrlock|pthread_rwlock_tryrdlock|pthread_rwlock_trywrlock|pthread_rwlock_unlock|"
     "pthread_rwlock_wrlock|pthread_rwlockattr_destroy|pthread_rwlockattr_init|pthread_self|"
     "pthread_setaffinity_np|pthread_setcancelstate|pthread_setcanceltype|pthread_setname_np|"
     "pthread_setschedparam|pthread_setschedprio|pthread_setspecific|pthread_sigmask|pthread_sigqueue|"
     "pthread_spin_destroy|pthread_spin_init|pthread_spin_lock|pthread_spin_trylock|pthread_spin_unlock|"
     "pthread_testcancel|pthread_timedjoin_np|pthread_tryjoin_np|pthread_yield"},
    {kLanguage,
     "Py_Exit|handle_system_exit|_PyErr_PrintEx|PyErr_PrintEx|Py_RunMain|Py_Main|Py_BytesMain|"
     "PyObject_Call|PyObject_CallObject|PyObject_Vectorcall|_PyObject_Call|_PyObject_MakeTpCall|"
     "_PyObject_FastCallDictTstate|_PyObject_Call_Prepend|_PyFunction_Vectorcall|_PyVectorcall_Call|"
     "PyVectorcall_Call|_PyObject_VectorcallTstate|cfunction_vectorcall_FASTCALL|cfunction_vectorcall_O|"
     "cfunction_call|call_function|slot_tp_call|crosscall2|_cgo_topofstack|x_cgo_callers|goexit|gopanic|"
     "java.lang.Thread.run|Object.<anonymous>"},
    {kNoName,
     "<unknown>|<null>|??|<unavailable>|<unknown module>|<unresolved>|operator()|_asan_rtl_|<signal handler "
     "called>"},
};

constexpr RuleRow kBeginnings[] = {
    {kLibc, "__pthread_"},  // pthread_ is also how programs call what is their own
    {kInterceptor,
     "__interceptor_|___interceptor_|__interceptor_trampoline_|_asan_wrap_|__asan_wrap_|wrap_interceptor_"},
    {kSanitizer,
     "__asan_|__asan::|_asan_|__hwasan_|__hwasan::|__lsan_|__lsan::|__msan_|__msan::|__tsan_|__tsan::|"
     "__ubsan_|__ubsan::|__cfi_|__sanitizer_|__sanitizer::|_sanitizer_|__sancov|__dfsan_|__dfsan::|__rtsan|"
     "__nsan_|__nsan::|__memprof|__gwp_asan|__xray_|agent::asan::|"
     "asan_check_access|AsanOnDeadlySignal"},
    {kAllocator,
     "gwp_asan::|scudo::|__scudo|tcmalloc::|tc_malloc|tc_new|tc_free|tc_delete|tc_realloc|tc_calloc|"
     "partition_alloc::|base::allocator::|allocator_shim::|base::PartitionAlloc|base::PartitionRoot|"
     "base::PartitionFree|WTF::Partitions::|__je_|je_malloc|je_free|je_calloc|je_realloc|mi_malloc|mi_free|"
     "mi_realloc|mi_calloc|alloc::alloc::|bmalloc::"},
    {kFuzzer,
     "fuzzer::|centipede::|fuzztest::|__afl_|afl_fuzz_|HF_|libfuzzer_sys::|testing::|gofuzz::|go-fuzz-dep.|"
     "com.code_intelligence.jazzer.|com.code_intelligence.|atheris.|atheris::|jazzerjs::|"
     "FuzzerTestOneInputWrapper|"
     "honggfuzz::|afl::"},
    {kThrow,
     "_Unwind_|_objc_terminate|objc_terminate|objc_exception_throw|__cxxabiv1::|boost::throw_exception|"
     "boost::wrapexcept|rust_begin_unwind|panic_unwind::|panic_abort::|core::panicking::|std::panicking::|"
     "_L_unlock_"},
    {kAssert,
     "base::ImmediateCrash|base::debug::BreakDebugger|v8::base::OS::Abort|v8::base::FatalOOM|v8::api_"
     "internal::ToLocalEmpty|v8::api_internal::FromJustIsNothing|v8::Utils::ReportApiFailure|v8::Utils::"
     "ReportOOMFailure|v8::internal::V8::FatalProcessOutOfMemory|v8::internal::Heap::FatalProcessOutOfMemory|"
     "blink::ReportV8FatalError|base::internal::InvokeImmediateCrash"},
    {kLog,
     "logging::|google::LogMessage|google::logging_fail|google::base::CheckOp|google::DumpStackTraceAndExit|"
     "absl::log_internal::|absl::raw_log_internal::|absl::base_internal::LogMessage|"
     "absl::debugging_internal::|base::debug::StackTrace::|base::debug::CollectStackTrace|base::debug::"
     "DebugBreak|fx_logger::|webrtc::webrtc_checks_impl::|"
     "rtc::webrtc_checks_impl::|rtc::FatalMessage|google::protobuf::internal::LogMessage|"
     "google::protobuf::internal::LogFinisher|android::base::LogMessage|android::base::DefaultAborter"},
    {kStandard,
     "std::|__gnu_cxx::|__gnu_debug::|WTF::|Swift.|absl::internal_any_invocable::|absl::cleanup_internal::|"
     "absl::Cleanup::|"
     "absl::base_internal::|core::option::|core::result::|core::ops::|core::slice::|core::ptr::|core::fmt::|"
     "core::str::|core::iter::|core::num::|core::cell::|core::char::|core::unicode::|core::intrinsics::|core:"
     ":alloc::|core::mem::|alloc::vec::|alloc::raw_vec::|alloc::boxed::|alloc::string::|alloc::str::|alloc::"
     "slice::|alloc::collections::|alloc::rc::|alloc::sync::|alloc::fmt::|hashbrown::|rustc_std_workspace|__"
     "rust_|pybind11::|stdext::|"
     "java.lang.|jdk.|sun.|"
     "kotlin.jvm.internal.|scala.runtime."},
    {kLanguage,
     "runtime.|runtime/debug.|internal/runtime/|syscall.|internal/syscall/"
     "|_cgo_|_cgoexp_|x_cgo_|testing.tRunner|"
     "testing.(*|main._cgoexp|PyEval_|_PyEval_|PyRun_|_PyRun_|pymain_|run_eval_code_obj|Module._|"
     "Module.load|node:|internal/|processTicksAndRejections|process.processTicks"},
    {kStartUp,
     "_GLOBAL__|__static_initialization_and_destruction|__libc_csu_|_dl_catch_|_dl_map_|_dl_open|__scrt_"},
    {kKernel,
     "__kasan_|kasan_|__kmsan_|kmsan_|__kcsan_|kcsan_|dump_stack|__dump_stack|print_address_description|"
     "print_trailer|object_err|check_memory_region|slab_err|__ubsan_handle"},
};

// Where a project gives its own logging a namespace of its own, these parts keep their names.
constexpr RuleRow kEndings[] = {
    {kLog,
     "LogMessage::~LogMessage|LogMessage::Flush|LogMessage::Fail|LogMessage::SendToLog|LogMessage::"
     "HandleFatal|"
     "LogMessage::FailWithoutStackTrace|LogMessageFatal::~LogMessageFatal|LogMessageFatal::LogMessageFatal|"
     "CheckError::~CheckError|ErrnoLogMessage::~ErrnoLogMessage|NotReachedError::~NotReachedError|"
     "DCheckError::~DCheckError|CheckLogMessage::~CheckLogMessage|FatalMessage::~FatalMessage|"
     "LogFinisher::operator=|LogMessageVoidify::operator&|StackTrace::StackTrace|Voidify::operator&&"},
};

constexpr RuleRow kPaths[] = {
    {kFuzzer,
     "compiler-rt/lib/fuzzer/|libfuzzer/Fuzzer|libFuzzer/src/|libfuzzer/src/|honggfuzz/libhfuzz/|honggfuzz/"
     "libhfcommon/|"
     "fuzztest/|com_google_fuzztest/|googletest/|googlemock/|libfuzzer-sys-|honggfuzz-|go-fuzz-dep/"
     "|"
     "afl-|aflplusplus/|AFLplusplus/|centipede/runner|atheris/|@jazzer.js/|jsfuzz/|jazzer/"},
    {kSanitizer, "compiler-rt/lib/|sanitizer_common/|libsanitizer/"},
    {kStandard,
     "include/c++/|-gnu/c++/|-gnu/bits/|libcxx/|libc++/|libstdc++-v3/|libstdc++/|bits/stl_|rustc/|rustlib/"
     "src/rust/|"
     "rust/library/|vctools/crt/|VC/Tools/MSVC/|ucrt/"},
    {kThrow, "libc++abi/|libcxxabi/|libgcc/|libunwind/"},
    {kLibc, "sysdeps/|glibc-|eglibc-|glibc/|bionic/libc/|musl-|ulib/musl/|third_party/ulib/musl/"},
    {kLog, "absl/log/internal/|base/logging.cc|base/immediate_crash.h|base/check.cc|glog/src/|glog-"},
    {kAllocator, "jemalloc/|tcmalloc/|mimalloc/|base/allocator/|third_party/ulib/scudo/"},
    {kLanguage,
     "go/src/runtime/|libexec/src/runtime/|golang/src/runtime/|go/src/testing/|node:internal/|node:events|"
     "internal/modules/|src/runtime/asm_amd64.s|_bootstrap|<frozen|<stdin-runner>"},
};

constexpr RuleRow kModules[] = {
    {kSystem,
     "libc|libpthread|libm|libdl|librt|ld|ld-linux|ld-linux-x86-64|libstdc++|libc++|libc++_shared|libc++abi|"
     "libgcc_s|libasan|libubsan|libtsan|liblsan|libmsan|libhwasan|linux-vdso|linux-gate|[vdso]|[vsyscall]|"
     "libunwind|"
     "libclang_rt|libsystem_c|libsystem_kernel|libsystem_platform|libsystem_malloc|libsystem_pthread|libdyld|"
     "dyld|ntdll|"
     "kernel32|kernelbase|ucrtbase|msvcrt|vcruntime140|msvcp140|clang_rt|libart|liblog|libutils"},
    {kNoName, "<unknown module>|<anonymous>|<unknown>"},
};

constexpr std::string_view kStringWords =
    "memcpy|memmove|memset|memcmp|memchr|memrchr|memmem|mempcpy|memccpy|bcmp|bcopy|bzero|explicit_bzero|"
    "strlen|"
    "strnlen|strcpy|strncpy|stpcpy|stpncpy|strlcpy|strlcat|strcat|strncat|strcmp|strncmp|strcasecmp|"
    "strncasecmp|"
    "strcoll|strxfrm|strchr|strrchr|strchrnul|strstr|strcasestr|strpbrk|strspn|strcspn|strtok|strtok_r|"
    "strsep|strdup|"
    "strndup|wcslen|wcsnlen|wcscpy|wcsncpy|wcscat|wcscmp|wcschr|wmemcpy|wmemmove|wmemset|wmemcmp|rawmemchr";

// Debian's glibc has paths like "stdlib/./stdlib/abort.c" and "csu/../csu/libc-start.c".
constexpr std::string_view kGlibcFolders =
    "assert/|csu/|debug/|dlfcn/|elf/|iconv/|io/|libio/|locale/|malloc/|math/|misc/|nptl/|posix/|setjmp/"
    "|signal/|"
    "stdio-common/|stdlib/|string/|time/|wcsmbs/";

}  // namespace

std::span<const RuleRow> whole_names() { return kWholeNames; }
std::span<const RuleRow> name_beginnings() { return kBeginnings; }
std::span<const RuleRow> name_endings() { return kEndings; }
std::span<const RuleRow> path_parts() { return kPaths; }
std::span<const RuleRow> module_names() { return kModules; }
std::string_view libc_string_words() { return kStringWords; }
std::string_view glibc_folders() { return kGlibcFolders; }

}  // namespace fuzzmill::workers
