// Result<T>: a value or an Error. What can fail returns one; exceptions of libraries are caught where
// they enter and become one. Bad input is a value; a broken invariant of our own is an assert.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace fuzzmill::schema {

// What the caller can do about an error, which is all that a caller may branch on.
enum class ErrorCode {
  kInvalid,      // the input is wrong and will stay wrong: refuse it for good
  kNotFound,     // what was named is not there
  kUnavailable,  // a service or resource is not there now: trying later may help
  kDenied,       // key, role or file mode forbids it
  kTooLarge,     // over a limit of schema/limits.h or of the configuration
  kConflict,     // somebody else changed it first: read again and retry
  kInternal,     // our fault: report it
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // for people: what is wrong, where, and how to mend it

  // The same error, seen from one level up: "context: message".
  Error in(std::string_view context) && {
    message.insert(0, std::string(context) + ": ");
    return std::move(*this);
  }
};

inline Error invalid(std::string message) { return {ErrorCode::kInvalid, std::move(message)}; }
inline Error not_found(std::string message) { return {ErrorCode::kNotFound, std::move(message)}; }
inline Error unavailable(std::string message) { return {ErrorCode::kUnavailable, std::move(message)}; }
inline Error denied(std::string message) { return {ErrorCode::kDenied, std::move(message)}; }
inline Error too_large(std::string message) { return {ErrorCode::kTooLarge, std::move(message)}; }
inline Error conflict(std::string message) { return {ErrorCode::kConflict, std::move(message)}; }
inline Error internal(std::string message) { return {ErrorCode::kInternal, std::move(message)}; }

template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES ok().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES !ok().
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }

  // REQUIRES !ok().
  Error& error() & { return error_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
  bool ok_ = true;
};

using Status = Result<void>;

}  // namespace fuzzmill::schema
