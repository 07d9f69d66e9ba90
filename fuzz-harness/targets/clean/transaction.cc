#include "fuzz-harness/targets/clean/transaction.h"

#include <algorithm>
#include <string>

namespace fuzzmill::fuzz_harness {
namespace {

using schema::invalid;
using schema::Result;
using schema::Status;
using schema::too_large;

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kTwoBytes = 253;  // opens a compact number of two bytes; 254 and 255 mean nothing

// Takes from the front of the bytes; each error names the field that was wanted.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  Result<std::span<const std::uint8_t>> take(std::size_t count, const char* field) {
    if (count > bytes_.size()) return invalid(std::string(field) + ": truncated");
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

  Result<std::uint64_t> number(std::size_t width, const char* field) {
    const auto bytes = take(width, field);
    if (!bytes) return bytes.error();
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value |= std::uint64_t{(*bytes)[i]} << (8 * i);
    return value;
  }

  Result<std::size_t> compact(std::size_t least, std::size_t most, const char* field) {
    auto value = number(1, field);
    if (!value) return value.error();
    if (*value > kTwoBytes) return too_large(std::string(field) + ": wider than two bytes");
    if (*value == kTwoBytes) {
      value = number(2, field);
      if (!value) return value.error();
      if (*value < kTwoBytes) return invalid(std::string(field) + ": not in its shortest form");
    }
    if (*value < least) return invalid(std::string(field) + ": none");
    if (*value > most) return too_large(std::string(field) + ": over " + std::to_string(most));
    return static_cast<std::size_t>(*value);
  }

  Result<Bytes> script(const char* field) {
    const auto length = compact(0, kMaxScript, field);
    if (!length) return length.error();
    const auto bytes = take(*length, field);
    if (!bytes) return bytes.error();
    return Bytes(bytes->begin(), bytes->end());
  }

  bool empty() const { return bytes_.empty(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

Result<Input> read_input(Reader& reader) {
  Input input;
  const auto previous = reader.take(input.previous.size(), "input.previous");
  if (!previous) return previous.error();
  std::copy(previous->begin(), previous->end(), input.previous.begin());
  const auto index = reader.number(4, "input.index");
  if (!index) return index.error();
  input.index = static_cast<std::uint32_t>(*index);
  auto script = reader.script("input.script");
  if (!script) return script.error();
  input.script = std::move(*script);
  return input;
}

Result<Output> read_output(Reader& reader) {
  Output output;
  const auto amount = reader.number(8, "output.amount");
  if (!amount) return amount.error();
  output.amount = *amount;
  auto script = reader.script("output.script");
  if (!script) return script.error();
  output.script = std::move(*script);
  return output;
}

Status check_amounts(const std::vector<Output>& outputs) {
  std::uint64_t left = kMaxAmount;  // subtracting cannot wrap, as summing could
  for (const Output& output : outputs) {
    if (output.amount > left) return too_large("output.amount: more than there is, alone or in sum");
    left -= output.amount;
  }
  return {};
}

Status check_count(std::size_t count, std::size_t most, const char* field) {
  if (count == 0) return invalid(std::string(field) + ": none");
  if (count > most) return too_large(std::string(field) + ": over " + std::to_string(most));
  return {};
}

Status check_transaction(const Transaction& transaction) {
  if (auto good = check_count(transaction.inputs.size(), kMaxInputs, "inputs"); !good) return good;
  if (auto good = check_count(transaction.outputs.size(), kMaxOutputs, "outputs"); !good) return good;
  const auto long_script = [](const auto& part) { return part.script.size() > kMaxScript; };
  if (std::ranges::any_of(transaction.inputs, long_script)) return too_large("input.script: too long");
  if (std::ranges::any_of(transaction.outputs, long_script)) return too_large("output.script: too long");
  return check_amounts(transaction.outputs);
}

void put_number(Bytes& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void put_compact(Bytes& out, std::size_t value) {
  if (value < kTwoBytes) {
    put_number(out, value, 1);
  } else {
    out.push_back(kTwoBytes);
    put_number(out, value, 2);
  }
}

void put_script(Bytes& out, const Bytes& script) {
  put_compact(out, script.size());
  out.insert(out.end(), script.begin(), script.end());
}

}  // namespace

Result<Transaction> decode_transaction(std::span<const std::uint8_t> bytes) {
  Reader reader(bytes);
  Transaction transaction;
  const auto version = reader.number(1, "version");
  if (!version) return version.error();
  if (*version != kVersion) return invalid("version: not 1");
  const auto inputs = reader.compact(1, kMaxInputs, "inputs");
  if (!inputs) return inputs.error();
  for (std::size_t i = 0; i < *inputs; ++i) {  // grows as bytes come, never by the count alone
    auto input = read_input(reader);
    if (!input) return input.error();
    transaction.inputs.push_back(std::move(*input));
  }
  const auto outputs = reader.compact(1, kMaxOutputs, "outputs");
  if (!outputs) return outputs.error();
  for (std::size_t i = 0; i < *outputs; ++i) {
    auto output = read_output(reader);
    if (!output) return output.error();
    transaction.outputs.push_back(std::move(*output));
  }
  const auto lock_time = reader.number(4, "lock time");
  if (!lock_time) return lock_time.error();
  transaction.lock_time = static_cast<std::uint32_t>(*lock_time);
  if (!reader.empty()) return invalid("trailing bytes");
  if (auto good = check_amounts(transaction.outputs); !good) return good.error();
  return transaction;
}

Result<Bytes> encode_transaction(const Transaction& transaction) {
  if (auto good = check_transaction(transaction); !good) return good.error();
  Bytes out;
  out.push_back(kVersion);
  put_compact(out, transaction.inputs.size());
  for (const Input& input : transaction.inputs) {
    out.insert(out.end(), input.previous.begin(), input.previous.end());
    put_number(out, input.index, 4);
    put_script(out, input.script);
  }
  put_compact(out, transaction.outputs.size());
  for (const Output& output : transaction.outputs) {
    put_number(out, output.amount, 8);
    put_script(out, output.script);
  }
  put_number(out, transaction.lock_time, 4);
  return out;
}

}  // namespace fuzzmill::fuzz_harness
