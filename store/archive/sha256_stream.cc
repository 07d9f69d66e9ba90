#include "store/archive/sha256_stream.h"

#include <cassert>

namespace fuzzmill::store {

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  [[maybe_unused]] const bool begun = EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
  assert(begun);
}

void Sha256Stream::add(std::string_view bytes) {
  [[maybe_unused]] const bool added = EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  assert(added);
}

schema::Sha256 Sha256Stream::finish() {
  schema::Sha256 out{};
  [[maybe_unused]] const bool finished = EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1;
  assert(finished);
  return out;
}

}  // namespace fuzzmill::store
