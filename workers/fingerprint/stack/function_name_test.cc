#include "workers/fingerprint/stack/function_name.h"

#include "tests/catch.h"

using namespace fuzzmill::workers;

namespace {

struct Case {
  const char* read;
  const char* name;
};

constexpr Case kNames[] = {
    {"main", "main"},
    {"parse(int, char const*)", "parse"},
    {"X::get() const", "X::get"},
    {"void A<int>::f<B<char>>(B<char> const&)", "A::f"},
    {"std::vector<int, std::allocator<int> >::at(unsigned long)", "std::vector::at"},
    {"unsigned long read_bits(unsigned int)", "read_bits"},
    {"ns::(anonymous namespace)::helper(int)", "ns::helper"},
    {"(anonymous namespace)::helper()", "helper"},
    {"non-virtual thunk to A::f()", "A::f"},
    {"name[abi:cxx11](int)", "name"},
    {"operator new[](unsigned long)", "operator new[]"},
    {"A::operator()(int) const", "A::operator()"},
    {"bool A::operator< <int>(int)", "A::operator<"},
    {"A::operator<<(int)", "A::operator<<"},
    {"A::operator->()", "A::operator->"},
    {"A::operator bool() const", "A::operator bool"},
    {"A::operator std::string() const", "A::operator std::string"},
    {"operator_table(int)", "operator_table"},
    {"decltype(auto) f<int>(int)", "f"},
    {"foo(int)::$_0::operator()(int) const", "foo"},
    {"foo(int)::{lambda(int)#1}::operator()(int) const", "foo"},
    {"foo(int)::'lambda'(int)::operator()(int) const", "foo"},
    {"krate::f::{{closure}}", "krate::f"},
    {"parse.cold", "parse"},
    {"parse.part.3", "parse"},
    {"parse.isra.0.cold", "parse"},
    {"parse.constprop.12", "parse"},
    {"parse(int) [clone .cold]", "parse"},
    {"parse (.part.0)", "parse"},
    {"f$8d185785d173e702d91e2893e143a6d9.cfi", "f"},
    {"krate::m::f::h0123456789abcdef", "krate::m::f"},
    {"<krate::T as core::fmt::Display>::fmt", "krate::T::fmt"},
    {"memcpy@plt", "memcpy"},
    {"__GI_raise", "raise"},
    {"-[Foo bar:baz:]", "-[Foo bar:baz:]"},
    {"<listcomp>", "<listcomp>"},
    {"json.(*decodeState).object", "json.(*decodeState).object"},
    {"~Foo()", "~Foo"},
    {"f<(A)1, (x > 3)>(int)", "f"},
    {"decode+0x1f3", "decode"},
    {"decode ()", "decode"},
    {"int (anonymous namespace)::decode(int)", "decode"},
    {"decode(int) + 44", "decode"},
    {"tile.dll!draw::Line", "draw::Line"},
    {"tile!draw_line", "draw_line"},
    {"draw::`anonymous namespace'::Line", "draw::Line"},
    {"draw::`Outer'::`2'::Inner", "draw::Outer::2::Inner"},
    {"draw::Line::<lambda_3f>::operator()", "draw::Line"},
    {"main(int)::<lambda(int)>::operator()(int) const", "main"},
    {"kiln.org/potter/clay.(*Wheel).Turn", "clay.(*Wheel).Turn"},
    {"kiln.org/potter/clay.Shape[...]", "clay.Shape"},
    {"clay.Turn.abi0", "clay.Turn"},
    {"java.base/java.util.ArrayList.get", "java.util.ArrayList.get"},
    {"kilt[3f2a]::weave", "kilt::weave"},
    {"<kilt[3f2a]::Loom as kilt[3f2a]::Weave>::turn", "kilt::Loom::turn"},
    {"_ZN4kilt5weave17h0123456789abcdefE", "kilt::weave"},
    {"_ZN3app12_GLOBAL__N_15parseEPKc", "app::parse"},
    {"_ZN3app4ListD2Ev", "app::List::~List"},
    {"_ZNK3app4List3getEv", "app::List::get"},
    {"_RNvNtCs1a2_4kilt4loom5weave", "kilt::loom::weave"},
    {"_RNCNvCs1a2_4kilt5weave0", "kilt::weave"},
    {"_ZNSt6vectorIiSaIiEE9push_backERKi", "_ZNSt6vectorIiSaIiEE9push_backERKi"},
    {"row._omp_fn.0", "row"},
    {"operator/(A, B)", "operator/"},
    {"A::operator!() const", "A::operator!"},
};

}  // namespace

TEST_CASE("one function has one name whatever the compiler and demangler made of it") {
  for (const Case& wanted : kNames) {
    INFO(wanted.read);
    CHECK(normalise_function(wanted.read) == wanted.name);
  }
}

TEST_CASE("normalising twice is normalising once") {
  for (const Case& wanted : kNames) {
    const std::string once = normalise_function(wanted.read);
    INFO(once);
    CHECK(normalise_function(once) == once);
  }
}

TEST_CASE("a name of brackets only stays bounded and is read in linear time") {
  for (const char* piece :
       {"<", "(", "{", "[", "<<a>:", "operator", "{lambda(", "::", "foo(", "(anonymous namespace)", " "}) {
    std::string name;
    while (name.size() < 4096) name += piece;
    INFO(piece);
    CHECK(normalise_function(name).size() <= kMaxFunctionName);
  }
}
