#include "workers/fingerprint/group/conduit.h"

#include <string_view>

#include "tests/catch.h"

using namespace fuzzmill::workers;

TEST_CASE("functions that only move data for their caller are conduits") {
  for (std::string_view name : {"read_u16", "copy_bytes", "buffer_append", "getLe32", "Reader::u8",
                                "ns::Span::at", "Buffer::operator[]", "peek", "put_be64"}) {
    CAPTURE(name);
    CHECK(is_conduit(name, Role::kAccess));
  }
}

TEST_CASE("functions that mean something by themselves are none") {
  for (std::string_view name :
       {"read_header", "parse_route", "copy_record", "freeze", "decode", "handle_read_request", "load_config",
        "pop", "Stack::push", "sum_text", "argument_at", ""}) {
    CAPTURE(name);
    CHECK_FALSE(is_conduit(name, Role::kAccess));
  }
}

TEST_CASE("an allocation or a release is told by its first or last word") {
  CHECK(is_conduit("node_new", Role::kAllocation));
  CHECK(is_conduit("make_session", Role::kAllocation));
  CHECK_FALSE(is_conduit("newton_step", Role::kAllocation));
  CHECK(is_conduit("session_unref", Role::kRelease));
  CHECK(is_conduit("Node::~Node", Role::kRelease));
  CHECK_FALSE(is_conduit("close_archive", Role::kRelease));
}

TEST_CASE("who ends the program on somebody's behalf is a conduit of the end") {
  CHECK(is_conduit("config::die", Role::kStop));
  CHECK(is_conduit("check_failed", Role::kStop));
  CHECK_FALSE(is_conduit("parse_fatality", Role::kStop));
}

TEST_CASE("scopes are cut off a name, operators are kept") {
  CHECK(unqualified("a::b::c") == "c");
  CHECK(unqualified("c") == "c");
  CHECK(unqualified("a::b::operator()") == "operator()");
  CHECK(unqualified("operators::f") == "f");
  CHECK(unqualified("a::operator new") == "operator new");
}

TEST_CASE("an allocator's own functions are told from a program's") {
  CHECK(is_deallocator("free"));
  CHECK(is_deallocator("operator delete[]"));
  CHECK_FALSE(is_deallocator("free_list"));
  CHECK_FALSE(is_deallocator("Node::operator delete"));
}
