#include "workers/classify/rules.h"

#include <algorithm>

#include "workers/classify/classify.h"

namespace fuzzmill::workers {
namespace {

using schema::Family;
using schema::Kind;
using schema::Mark;
using schema::Severity;

constexpr Severity kLow = Severity::kLow, kMedium = Severity::kMedium, kHigh = Severity::kHigh,
                   kCritical = Severity::kCritical;

// The first row of a family that fits decides. Families without a row keep their kind's base.
// clang-format off
constexpr Rule kRules[] = {
    {Family::kBounds,   "index-out-of-bounds", true, Access::kAny, 0,   Where::kAny,          {Effect::kSet,     kLow,      Security::kNo,    248, "The language checks its bounds: the program stops, and no memory is touched."}},
    {Family::kBounds,   "slice-out-of-bounds", true, Access::kAny, 0,   Where::kAny,          {Effect::kSet,     kLow,      Security::kNo,    248, "The language checks its bounds: the program stops, and no memory is touched."}},
    {Family::kBounds,   "", false, Access::kWrite, 0,          Where::kAny,          {Effect::kRaise,   kLow,      Security::kYes,   787, "It writes outside an object: what lies there can be overwritten."}},
    {Family::kBounds,   "", false, Access::kRead,  kLargeRead, Where::kAny,          {Effect::kAtLeast, kHigh,     Security::kYes,   125, "It reads many bytes outside an object: secrets can leak."}},
    {Family::kBounds,   "", false, Access::kRead,  0,          Where::kAny,          {Effect::kSet,     kMedium,   Security::kYes,   125, "It reads outside an object: a few bytes can leak."}},
    {Family::kLifetime, "", false, Access::kWrite, 0,          Where::kAny,          {Effect::kRaise,   kLow,      Security::kYes,   0,   "It writes to memory that is no longer the object's: whoever owns it now is overwritten."}},
    {Family::kLifetime, "", false, Access::kRead,  0,          Where::kAny,          {Effect::kAtLeast, kMedium,   Security::kYes,   0,   "It reads memory that is no longer the object's: its new owner decides what is read."}},
    {Family::kFault,    "", false, Access::kAny,   0,          Where::kNearNull,     {Effect::kSet,     kLow,      Security::kNo,    476, "The address is next to null: the process dies, and that is all."}},
    {Family::kFault,    "", false, Access::kAny,   0,          Where::kDeliberate,   {Effect::kSet,     kLow,      Security::kNo,    617, "The address is one that programs use to kill themselves: a check of theirs failed."}},
    {Family::kFault,    "", false, Access::kAny,   0,          Where::kAtPc,         {Effect::kSet,     kCritical, Security::kYes,   0,   "The program jumped to the bad address: whoever chooses it chooses what runs."}},
    {Family::kFault,    "bus", false, Access::kAny, 0,         Where::kAny,          {Effect::kLeave,   kLow,      Security::kLeave, 0,   "The memory behind the address could not be had: such a fault is seldom steered."}},
    {Family::kFault,    "", false, Access::kWrite, 0,          Where::kChosen,       {Effect::kSet,     kCritical, Security::kYes,   787, "It writes to an address that looks like data, so the input may choose it."}},
    {Family::kFault,    "", false, Access::kAny,   0,          Where::kChosen,       {Effect::kAtLeast, kHigh,     Security::kYes,   119, "The address looks like data, so the input may choose it."}},
    {Family::kFault,    "", false, Access::kWrite, 0,          Where::kFar,          {Effect::kAtLeast, kHigh,     Security::kYes,   787, "It writes to a wild address far from null."}},
    {Family::kFault,    "", false, Access::kRead,  0,          Where::kFar,          {Effect::kAtLeast, kMedium,   Security::kYes,   125, "It reads from a wild address far from null."}},
    {Family::kFault,    "", false, Access::kWrite, 0,          Where::kNonCanonical, {Effect::kAtLeast, kHigh,     Security::kYes,   787, "It writes to an address that the processor does not even have."}},
    {Family::kFault,    "", false, Access::kRead,  0,          Where::kNonCanonical, {Effect::kAtLeast, kMedium,   Security::kYes,   125, "It reads from an address that the processor does not even have."}},
    {Family::kFault,    "", false, Access::kWrite, 0,          Where::kUntold,       {Effect::kAtLeast, kHigh,     Security::kYes,   787, "It writes to an address that the report does not tell."}},
    {Family::kFault,    "", false, Access::kRead,  0,          Where::kUntold,       {Effect::kAtLeast, kMedium,   Security::kYes,   125, "It reads from an address that the report does not tell."}},
};

constexpr SignalRule kSignals[] = {
    {"SIGSEGV", {Effect::kAtLeast, kMedium, Security::kYes,   119, "It ended by SIGSEGV, and nothing tells where: it may be any bad access."}},
    {"SIGBUS",  {Effect::kAtLeast, kLow,    Security::kLeave, 119, "It ended by SIGBUS: the memory behind an address could not be had."}},
    {"SIGABRT", {Effect::kAtLeast, kLow,    Security::kLeave, 617, "It ended by SIGABRT: the program gave itself up."}},
    {"SIGILL",  {Effect::kAtLeast, kLow,    Security::kLeave, 617, "It ended by SIGILL: mostly a trap that the compiler set."}},
    {"SIGTRAP", {Effect::kAtLeast, kLow,    Security::kLeave, 617, "It ended by SIGTRAP: mostly a trap that the compiler set."}},
    {"SIGFPE",  {Effect::kAtLeast, kLow,    Security::kLeave, 369, "It ended by SIGFPE: mostly a division by zero."}},
    {"SIGKILL", {Effect::kAtLeast, kLow,    Security::kLeave, 400, "It ended by SIGKILL: mostly for its use of memory."}},
    {"SIGXCPU", {Effect::kAtLeast, kLow,    Security::kLeave, 400, "It ended by SIGXCPU: it used more time than its limit."}},
    {"SIGSYS",  {Effect::kAtLeast, kLow,    Security::kLeave, 693, "It ended by SIGSYS: a sandbox refused a system call."}},
};

// Weaker words first: a later row has the last word on what both move.
constexpr MarkRule kMarkRules[] = {
    {Mark::kNullPc,                {Effect::kAtLeast, kMedium,   Security::kYes, 476, "The program jumped to null: a function pointer was missing, or overwritten."}},
    {Mark::kFaultOnCall,           {Effect::kAtLeast, kHigh,     Security::kYes, 0,   "It died on an indirect call: the pointer to the function is bad."}},
    {Mark::kFaultOnJump,           {Effect::kAtLeast, kHigh,     Security::kYes, 0,   "It died on an indirect jump: the pointer to the code is bad."}},
    {Mark::kFaultOnReturn,         {Effect::kSet,     kCritical, Security::kYes, 787, "It died on a return: the return address is overwritten."}},
    {Mark::kWildJump,              {Effect::kSet,     kCritical, Security::kYes, 0,   "The program jumped to where no code is: whoever chooses the address chooses what runs."}},
    {Mark::kDebugCheck,            {Effect::kAtLeast, kMedium,   Security::kYes, 617, "Only debug builds check this: a release build runs on with the broken invariant."}},
    {Mark::kSecurityDebugCheck,    {Effect::kAtLeast, kHigh,     Security::kYes, 617, "Its authors mark this check as one of security, and only debug builds have it."}},
    {Mark::kSecurityCheck,         {Effect::kAtLeast, kLow,      Security::kNo,  617, "The check stays in release builds, so it stops what it found."}},
    {Mark::kDeliberateCrash,       {Effect::kSet,     kLow,      Security::kNo,  617, "The program killed itself on purpose: a check of its own failed."}},
    {Mark::kSecurityIssueLow,      {Effect::kSet,     kLow,      Security::kYes, 0,   "The fuzzer's detector calls it a security issue of low severity."}},
    {Mark::kSecurityIssueMedium,   {Effect::kSet,     kMedium,   Security::kYes, 0,   "The fuzzer's detector calls it a security issue of medium severity."}},
    {Mark::kSecurityIssueHigh,     {Effect::kSet,     kHigh,     Security::kYes, 0,   "The fuzzer's detector calls it a security issue of high severity."}},
    {Mark::kSecurityIssueCritical, {Effect::kSet,     kCritical, Security::kYes, 0,   "The fuzzer's detector calls it a security issue of critical severity."}},
    {Mark::kMiraclePtrProtected,   {Effect::kAtMost,  kLow,      Security::kNo,  0,   "MiraclePtr protects the object: its memory is not given to another while it is used."}},
};

// A crash that no replay showed again may be the machine's.
constexpr Certainty kCertainties[] = {
    {0.0,   {Effect::kLower, kLow, Security::kLeave, 0, "No replay crashed again, so it weighs one step less."}},
    {0.999, {Effect::kLeave, kLow, Security::kLeave, 0, "Not every replay crashed again: it depends on more than the input."}},
    {1.0,   {Effect::kLeave, kLow, Security::kLeave, 0, "Every replay crashed again."}},
};
// clang-format on

constexpr std::string_view kManaged[] = {"csharp", "dart",   "go",   "java", "javascript", "kotlin",
                                         "lua",    "python", "ruby", "rust", "swift"};

Access access_of(const CrashFacts& facts) {
  if (facts.access == "READ") return Access::kRead;
  if (facts.access == "WRITE") return Access::kWrite;
  return Access::kNone;
}

bool fits(Where where, const CrashFacts& facts) {
  const auto& address = facts.address;
  switch (where) {
    case Where::kAny:
      return true;
    case Where::kNearNull:
      if (facts.kind == "null-dereference" || facts.kind == "nil-dereference") return true;
      // A non-canonical address is often reported as 0.
      return address && *address < kNullPage && !facts.marks.has(schema::Mark::kNonCanonicalAddress);
    case Where::kDeliberate:
      return address && schema::is_deliberate_address(*address);
    case Where::kAtPc:
      return address && facts.pc && *address == *facts.pc;
    case Where::kChosen:
      return address && looks_chosen(*address);
    case Where::kFar:
      return address && *address >= kNullPage;
    case Where::kNonCanonical:
      return facts.marks.has(schema::Mark::kNonCanonicalAddress);
    case Where::kUntold:
      return !address;
  }
  return false;
}

bool fits(const Rule& rule, const Kind& kind, const CrashFacts& facts) {
  if (rule.family != kind.family || (!rule.kind.empty() && rule.kind != kind.name)) return false;
  if (rule.managed && !is_managed(facts.language)) return false;
  if (rule.access != Access::kAny && rule.access != access_of(facts)) return false;
  return facts.access_size.value_or(0) >= rule.min_size && fits(rule.where, facts);
}

}  // namespace

const Rule* rule_for(const Kind& kind, const CrashFacts& facts) {
  for (const Rule& rule : kRules) {
    if (fits(rule, kind, facts)) return &rule;
  }
  return nullptr;
}

const SignalRule* signal_rule_for(const Kind& kind, const CrashFacts& facts) {
  if (facts.signal.empty() || (kind.name != schema::kUnknownKind && kind.name != "deadly-signal"))
    return nullptr;
  for (const SignalRule& rule : kSignals) {
    if (rule.signal == facts.signal) return &rule;
  }
  return nullptr;
}

std::span<const MarkRule> mark_rules() { return kMarkRules; }

const Certainty* certainty_for(double reproducible) {
  for (const Certainty& row : kCertainties) {
    if (reproducible <= row.at_most) return &row;
  }
  return &kCertainties[std::size(kCertainties) - 1];
}

bool looks_chosen(std::uint64_t address) {
  int bytes = 0;
  bool text = true, equal = true;
  for (std::uint64_t rest = address; rest != 0; rest >>= 8, ++bytes) {
    const auto byte = static_cast<unsigned char>(rest);
    text = text && byte >= 0x20 && byte < 0x7f;
    equal = equal && byte == static_cast<unsigned char>(address);
  }
  return (bytes >= 6 && text) || (bytes >= 4 && equal && (address & 0xff) != 0xff);
}

bool is_managed(std::string_view language) {
  return std::find(std::begin(kManaged), std::end(kManaged), language) != std::end(kManaged);
}

}  // namespace fuzzmill::workers
