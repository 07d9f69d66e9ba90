#pragma once
#include <stddef.h>
#include <stdint.h>

enum { kBlock = 64, kBlocks = 8, kChain = 32, kLinks = 8 };

struct super_block {
  uint32_t block_size;
  uint32_t free_blocks;
  uint8_t reserved[1000];
  uint32_t dirty;
  char label[16];
};

struct image {
  struct super_block* super;
  uint8_t* blocks;
  uint8_t* chain;  // of each block, the next: 4 bytes
  uint8_t links[kLinks][8];
};
