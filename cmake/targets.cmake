# How our targets are made: fuzzmill_library(), fuzzmill_test(). Tests stand beside the code they test.
add_library(fuzzmill_flags INTERFACE)
target_include_directories(fuzzmill_flags INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>)
target_compile_options(fuzzmill_flags INTERFACE -Wall -Wextra -Wpedantic $<$<BOOL:${FUZZMILL_WERROR}>:-Werror>)
# g++ 12 sees overlaps in std::string that are not there (GCC bug 105651).
target_compile_options(fuzzmill_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(FUZZMILL_SANITIZE)
  target_compile_options(fuzzmill_flags INTERFACE -fsanitize=${FUZZMILL_SANITIZE} -fno-omit-frame-pointer -g1)
  target_link_options(fuzzmill_flags INTERFACE -fsanitize=${FUZZMILL_SANITIZE})
endif()

# fuzzmill_library(NAME SOURCES a.cc … LINKS lib …): a static library, linked as fuzzmill::NAME.
function(fuzzmill_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_library(fuzzmill_${name} STATIC ${arg_SOURCES})
  add_library(fuzzmill::${name} ALIAS fuzzmill_${name})
  set_target_properties(fuzzmill_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(fuzzmill_${name} PUBLIC fuzzmill_flags ${arg_LINKS})
endfunction()

if(FUZZMILL_TESTS)
  # Catch2 v2 (Debian 12) wants a main of ours, v3 (Debian 13) brings one; tests include "tests/catch.h".
  if(Catch2_VERSION VERSION_LESS 3)
    add_library(fuzzmill_catch STATIC ${PROJECT_SOURCE_DIR}/tests/catch_main.cc)
    target_link_libraries(fuzzmill_catch PUBLIC Catch2::Catch2)
    target_compile_definitions(fuzzmill_catch PUBLIC FUZZMILL_CATCH_V2)
  else()
    add_library(fuzzmill_catch INTERFACE)
    target_link_libraries(fuzzmill_catch INTERFACE Catch2::Catch2WithMain)
  endif()
endif()

# fuzzmill_test(NAME SOURCES a_test.cc … LINKS lib … [LABELS …] [TIMEOUT s] [SERIAL]): one test
# program and one ctest entry. SERIAL keeps it from running beside others.
function(fuzzmill_test name)
  if(NOT FUZZMILL_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "SERIAL" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE fuzzmill_flags fuzzmill_catch ${arg_LINKS})
  target_compile_definitions(${name} PRIVATE
    FUZZMILL_SOURCE_DIR="${PROJECT_SOURCE_DIR}" FUZZMILL_BINARY_DIR="${PROJECT_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}" ENVIRONMENT
    "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp;UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
  if(arg_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
  endif()
  if(NOT name STREQUAL "layers")
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED layers)
  endif()
endfunction()
