// The SHA-256 of bytes that come in pieces. Threads: one.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "schema/digest.h"

namespace fuzzmill::store {

class Sha256Stream {
 public:
  Sha256Stream();
  void add(std::string_view bytes);
  schema::Sha256 finish();  // once

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace fuzzmill::store
