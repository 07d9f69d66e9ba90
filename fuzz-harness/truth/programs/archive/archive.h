#pragma once
#include <stddef.h>
#include <stdint.h>

enum { kMaxEntries = 8, kWindow = 256 };

struct entry {
  char* name;
  char* owner;
  uint8_t* body;
  uint64_t size;
  uint8_t mode;
};

struct archive {
  struct entry* entries[kMaxEntries];
  struct entry* last;  // the one found last, or NULL
  char* comment;
};
