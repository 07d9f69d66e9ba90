// Catch2 under one include: version 2 on Debian 12, version 3 on Debian 13.
#pragma once

#ifdef FUZZMILL_CATCH_V2
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
using Catch::Approx;  // v2 has it in Catch too; v3 moved it to its own header
#endif
