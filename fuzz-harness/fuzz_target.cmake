# fuzzmill_fuzz_target(NAME SOURCES … [HEADERS …] [SANITIZERS address,undefined] [FLAGS …] [INCLUDES …] [LIBS …]):
# a libFuzzer program, compiled by clang whatever compiles the rest, into ${CMAKE_BINARY_DIR}/fuzz-targets/NAME.
# ON_DEMAND: only built when asked for, by `./dev fuzz`.
# Custom commands, and no second project: the host build's flags and compiler must not reach these programs.
# HEADERS are named because the one command compiles several sources and can write only one dependency file.

find_program(FUZZMILL_CLANGXX NAMES clang++ clang++-19 clang++-14 DOC "clang++ that brings libFuzzer")
option(FUZZMILL_FUZZ_TARGETS "Build the programs of fuzz-harness/, if clang++ and its runtimes are there" ON)

# Sets FUZZMILL_CLANG_PROBLEM to what is missing, empty when nothing is. Asked anew at each configure,
# until it is well, so that installing the package is enough.
function(fuzzmill_probe_clang)
  if(FUZZMILL_CLANG_WORKS AND FUZZMILL_CLANG_WORKS STREQUAL FUZZMILL_CLANGXX)
    set(FUZZMILL_CLANG_PROBLEM "" PARENT_SCOPE)
    return()
  endif()
  if(NOT FUZZMILL_CLANGXX)
    set(FUZZMILL_CLANG_PROBLEM "clang++ is not installed" PARENT_SCOPE)
    return()
  endif()
  set(probe ${CMAKE_BINARY_DIR}/CMakeFiles/fuzz_probe)
  file(WRITE ${probe}.cc "extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }")
  foreach(sanitizers IN ITEMS address,undefined memory)
    execute_process(COMMAND ${FUZZMILL_CLANGXX} -fsanitize=fuzzer,${sanitizers} ${probe}.cc -o ${probe}
                    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    if(failed)
      set(FUZZMILL_CLANG_PROBLEM "${FUZZMILL_CLANGXX} cannot link -fsanitize=fuzzer,${sanitizers}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  find_program(FUZZMILL_SYMBOLIZER NAMES llvm-symbolizer)
  if(NOT FUZZMILL_SYMBOLIZER)
    set(FUZZMILL_CLANG_PROBLEM "llvm-symbolizer is not installed" PARENT_SCOPE)
    return()
  endif()
  set(FUZZMILL_CLANG_WORKS ${FUZZMILL_CLANGXX} CACHE INTERNAL "The clang++ that passed fuzzmill_probe_clang()")
  set(FUZZMILL_CLANG_PROBLEM "" PARENT_SCOPE)
endfunction()

function(fuzzmill_fuzz_target name)
  cmake_parse_arguments(arg "ON_DEMAND" "SANITIZERS" "SOURCES;HEADERS;FLAGS;INCLUDES;LIBS" ${ARGN})
  if(NOT arg_SANITIZERS)
    set(arg_SANITIZERS address,undefined)
  endif()
  set(recover "")
  if(arg_SANITIZERS MATCHES "undefined")
    set(recover -fno-sanitize-recover=undefined)
  endif()
  set(warnings -Wall -Wextra)
  if(FUZZMILL_WERROR)
    list(APPEND warnings -Werror)
  endif()
  set(sources "")
  foreach(file IN LISTS arg_SOURCES)
    cmake_path(ABSOLUTE_PATH file NORMALIZE)
    list(APPEND sources ${file})
  endforeach()
  set(headers "")
  foreach(file IN LISTS arg_HEADERS)
    cmake_path(ABSOLUTE_PATH file NORMALIZE)
    list(APPEND headers ${file})
  endforeach()
  list(TRANSFORM arg_INCLUDES PREPEND -I)
  set(program ${CMAKE_BINARY_DIR}/fuzz-targets/${name})
  add_custom_command(OUTPUT ${program}
    COMMAND ${FUZZMILL_CLANGXX} -std=c++20 -g -O1 -fno-omit-frame-pointer ${warnings}
            -fsanitize=fuzzer,${arg_SANITIZERS} ${recover} ${arg_FLAGS}
            -I${PROJECT_SOURCE_DIR} ${arg_INCLUDES} ${sources} ${arg_LIBS} -o ${program}
    DEPENDS ${sources} ${headers}
    COMMENT "Fuzz target ${name}" VERBATIM)
  add_custom_target(fuzz-target-${name} DEPENDS ${program})
  if(NOT arg_ON_DEMAND)
    add_dependencies(fuzz-targets fuzz-target-${name})
  endif()
endfunction()
