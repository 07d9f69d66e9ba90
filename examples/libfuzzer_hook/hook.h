// What a fuzz target needs to publish its own crashes: an object of this class around each input.
#pragma once

#include <cstddef>
#include <cstdint>

class CurrentInput {
 public:
  CurrentInput(const std::uint8_t* data, std::size_t size);
  ~CurrentInput();
  CurrentInput(const CurrentInput&) = delete;
  CurrentInput& operator=(const CurrentInput&) = delete;
};
