// A file system in a block of bytes: a super block, inodes, chains of blocks, folders, links.
#include "fsimg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile uint64_t sink;

static uint32_t read_u32(const uint8_t* at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

// A block of the image, for all who read or write one.
static uint8_t* block_at(const struct image* image, uint32_t number) {
  return image->blocks + (size_t)number * kBlock;  // BUG block-range: the number is not checked
}

static int mount(struct image* image, uint8_t magic) {
  if (magic == 'S') {
    image->super = calloc(1, sizeof *image->super);
    if (image->super == NULL) return -1;
    image->super->block_size = kBlock;
    strcpy(image->super->label, "volume");
  }
  return 0;  // BUG mount-magic: another magic is no file system, and goes on
}

// The super block, for all who ask it; of another size of blocks it is no use.
static struct super_block* super_of(const struct image* image) {
  if (image->super->block_size != kBlock) abort();
  return image->super;
}

static uint32_t free_blocks(const struct image* image) { return super_of(image)->free_blocks; }
static void set_dirty(struct image* image) { super_of(image)->dirty = 1; }
static size_t label_length(const struct image* image) { return strlen(super_of(image)->label); }

// Sums a block, marks it, or saves a copy.
static uint32_t use_block(const struct image* image, uint8_t how, uint32_t number) {
  uint8_t* block = block_at(image, number);
  if (how == 'b') {
    uint32_t sum = 0;
    for (int i = 0; i < kBlock; i += 4) sum += read_u32(block + i);
    return sum;
  }
  if (how == 'w') {
    block[0] = 0xee;
    return 0;
  }
  uint8_t copy[kBlock];
  memcpy(copy, block, sizeof copy);
  return copy[number % kBlock];
}

static uint32_t next_of(const struct image* image, uint32_t number) {
  return read_u32(image->chain + 4 * (number % kChain)) % kChain;
}

// The length of a chain; a chain ends at block 0.
static uint32_t chain_length(const struct image* image, uint32_t first) {
  uint32_t length = 0;
  for (uint32_t at = first; at != 0; at = next_of(image, at))
    ++length;  // BUG chain-cycle: a chain may bite its tail
  return length;
}

static uint32_t file_size(const struct image* image, uint32_t first) {
  return chain_length(image, first) * kBlock;
}

static uint32_t folder_entries(const struct image* image, uint32_t first) {
  return chain_length(image, first) / 2;
}

// Records of a folder: length, kind, name.
static uint32_t list_folder(const uint8_t* data, size_t size) {
  uint32_t names = 0;
  size_t at = 0;
  while (at + 2 <= size) {
    const size_t length = data[at];
    if (data[at + 1] == 'f') ++names;
    sink = names;
    at += length;  // BUG record-empty: a record of no length
  }
  return names;
}

static uint32_t load_extents(const uint8_t* data, size_t size) {
  uint8_t* kept[256] = {0};
  uint32_t loaded = 0;
  for (size_t i = 0; i + 2 <= size && loaded < 256; i += 2) {
    for (unsigned repeat = 0; repeat <= data[i + 1] && loaded < 256; ++repeat) {
      const size_t length = (size_t)data[i] << 20;
      kept[loaded] = malloc(length + 1);  // BUG extent-size: nobody adds up what is asked for
      if (kept[loaded] == NULL) break;
      // Filled as a device would: in pieces, each one read over.
      for (size_t from = 0; from < length; from += 4096) {
        memset(kept[loaded] + from, (int)from, 4096);
        for (size_t byte = 0; byte < 4096; ++byte) sink += kept[loaded][from + byte];
      }
      ++loaded;
    }
  }
  for (uint32_t i = 0; i < loaded; ++i) free(kept[i]);
  return loaded;
}

// ---- links: a path is letters; a letter that is a link is replaced by what it links to

static int walk(const struct image* image, const char* path, int length);

static int resolve(const struct image* image, char letter) {
  const uint8_t* link = image->links[(unsigned char)letter % kLinks];
  if (link[0] == 0) return 1;
  return walk(image, (const char*)link + 1, link[0]);  // BUG link-loop: links are followed without count
}

static int walk(const struct image* image, const char* path, int length) {
  int steps = 0;
  for (int i = 0; i < length; ++i) steps += resolve(image, path[i]);
  return steps;
}

// ---- trees: the child of a node is a byte of the tree

static unsigned tree_depth(const uint8_t* tree, size_t size, size_t at) {
  if (at >= size || tree[at] == 0) return 0;
  volatile uint8_t visited = tree[at];
  const unsigned below = tree_depth(tree, size, (at + visited) % size);  // BUG tree-cycle
  sink = below;
  return 1 + below;
}

// ---- paths of text

static void append(char* path, size_t* end, const uint8_t* name, size_t length) {
  for (size_t i = 0; i < length; ++i) path[(*end)++] = (char)name[i];
}

__attribute__((noinline)) static size_t full_path(const uint8_t* text, size_t size) {
  char path[40] = "/";
  size_t end = 1;
  size_t from = 0;
  for (size_t i = 0; i <= size; ++i) {
    if (i < size && text[i] != '/') continue;
    const size_t length = i - from;
    if (length == 2 && text[from] == '.' && text[from + 1] == '.') {
      do {
        --end;
      } while (path[end] != '/');  // BUG parent-of-root: the root has no parent
    } else {
      append(path, &end, text + from, length);  // BUG path-room: 40 letters of room
      append(path, &end, (const uint8_t*)"/", end < sizeof path);
    }
    from = i + 1;
  }
  return end + (size_t)path[0];
}

__attribute__((noinline)) static size_t volume_name(const uint8_t* text, size_t size) {
  char name[16];
  size_t end = 0;
  append(name, &end, text, size);  // BUG volume-room: 16 letters of room
  return end + (size_t)name[0];
}

static uint32_t groups(const uint8_t* data, size_t size) {
  const uint32_t per_group = size > 4 ? data[4] : 0;
  return size > 4 ? read_u32(data) / per_group : 0;  // BUG group-zero
}

// ---- commands: a letter and what it needs

static void load(struct image* image, const uint8_t* data, size_t size) {
  image->blocks = calloc(kBlocks, kBlock);
  image->chain = calloc(kChain, 4);
  if (image->blocks == NULL || image->chain == NULL) abort();
  for (size_t i = 0; i < size && i < kChain; ++i) image->chain[4 * i] = data[i];
  for (size_t at = 0, link = 0; at < size && link < kLinks; ++link) {
    size_t length = data[at] & 7;
    if (length > size - at - 1) length = size - at - 1;
    image->links[link][0] = (uint8_t)length;
    memcpy(image->links[link] + 1, data + at + 1, length);
    at += 1 + length;
  }
}

static void command(struct image* image, uint8_t what, const uint8_t* data, size_t size) {
  const uint32_t number = size >= 4 ? read_u32(data) : 0;
  switch (what) {
    case 'b':
    case 'w':
    case 's':
      sink = use_block(image, what, number);
      break;
    case 'F':
      sink = free_blocks(image);
      break;
    case 'D':
      set_dirty(image);
      break;
    case 'L':
      sink = label_length(image);
      break;
    case 'c':
      sink = file_size(image, 1);
      break;
    case 'C':
      sink = folder_entries(image, 2);
      break;
    case 'l':
      sink = list_folder(data, size);
      break;
    case 'x':
      sink = load_extents(data, size);
      break;
    case 'r':
      sink = (uint64_t)walk(image, "\1", 1);
      break;
    case 'R':
      sink = (uint64_t)resolve(image, 0);
      break;
    case 't':
      sink = tree_depth(data, size, 0);
      break;
    case 'p':
      sink = full_path(data, size);
      break;
    case 'v':
      sink = volume_name(data, size);
      break;
    case 'g':
      sink = groups(data, size);
      break;
    default:
      break;
  }
}

int run_input(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  struct image* image = calloc(1, sizeof *image);
  if (image == NULL) return 0;
  load(image, data + 2, size - 2);
  if (mount(image, data[0]) == 0) command(image, data[1], data + 2, size - 2);
  free(image->super);
  free(image->blocks);
  free(image->chain);
  free(image);
  return 0;
}
