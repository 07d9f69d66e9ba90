// A small archive in memory: entries are added, found, renamed, dropped and packed by a list of commands.
#include "archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile unsigned long sink;
static char default_owner[] = "nobody";

// Frees what it is given; everything in this file goes away through here.
static void release(void* block) {
  if (block != NULL) free(block);
}

static char* copy_text(const uint8_t* text, size_t length) {
  char* copy = malloc(length + 1);
  if (copy == NULL) return NULL;
  memcpy(copy, text, length);
  copy[length] = 0;
  return copy;
}

static struct entry* entry_new(const uint8_t* name, size_t length, uint8_t mode) {
  struct entry* entry = calloc(1, sizeof *entry);
  if (entry == NULL) return NULL;
  entry->name = copy_text(name, length);
  entry->owner = (mode & 1) != 0 ? default_owner : copy_text(name, length);
  entry->body = malloc(8);
  entry->mode = mode;
  entry->size = 8;
  if (entry->body != NULL) memset(entry->body, mode, 8);
  return entry;
}

static void entry_close(struct entry* entry) {
  release(entry->name);
  if (entry->owner != default_owner) release(entry->owner);
  release(entry->body);
  release(entry);
}

static void drop_comment(struct archive* archive) {
  release(archive->comment);  // BUG comment-twice: the pointer is kept
}

// The owner of an entry, when it is changed, goes away first.
static void set_owner(struct entry* entry, const uint8_t* text, size_t length) {
  release(entry->owner);  // BUG owner-default: may be default_owner, which is no block of the heap
  entry->owner = copy_text(text, length);
}

static struct entry* find(struct archive* archive, uint8_t slot) {
  struct entry* entry = archive->entries[slot % kMaxEntries];
  if (entry != NULL) archive->last = entry;
  return entry;
}

static void drop(struct archive* archive, uint8_t slot) {
  struct entry* entry = archive->entries[slot % kMaxEntries];
  if (entry == NULL) return;
  archive->entries[slot % kMaxEntries] = NULL;
  entry_close(entry);  // BUG last-stays: archive->last may still point to it
}

static unsigned long list_last(const struct archive* archive) {
  if (archive->last == NULL) return 0;
  return archive->last->mode + archive->last->size;
}

static void touch_last(struct archive* archive) {
  if (archive->last != NULL) archive->last->mode |= 0x80;
}

static unsigned long name_last(const struct archive* archive) {
  return archive->last == NULL ? 0 : strlen(archive->last->name);
}

static void erase_last(struct archive* archive) {
  if (archive->last == NULL) return;
  memset(archive->last->body, 0, archive->last->size);
}

// Takes the text of an entry over into the other; the old body of the other goes away.
static void link_bodies(struct archive* archive, uint8_t to, uint8_t from) {
  struct entry* target = archive->entries[to % kMaxEntries];
  struct entry* source = archive->entries[from % kMaxEntries];
  if (target == NULL || source == NULL || target == source) return;
  release(target->body);
  target->body = source->body;  // BUG body-shared: both own it from here on
  target->size = source->size;
}

static void body_name(struct archive* archive, uint8_t slot) {
  struct entry* entry = archive->entries[slot % kMaxEntries];
  if (entry == NULL) return;
  char* cut = strchr(entry->name, '/');
  if (cut != NULL) entry->name = cut + 1;  // BUG name-moved: the block began before
}

static int read_manifest(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  char* title = copy_text(data, 2);
  if (title == NULL) return -1;
  if (title[0] != 'M') {
    return -2;  // BUG manifest-title: nobody frees the title
  }
  struct entry* index = entry_new(data, size, 1);
  if (index == NULL || title[1] == '0') {
    release(title);
    return -3;  // BUG manifest-index: nobody frees the index
  }
  sink = index->size + (unsigned long)title[1];
  entry_close(index);
  release(title);
  return 0;
}

static uint64_t number(const uint8_t* data, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8 && i < size; ++i) value |= (uint64_t)data[i] << (8 * i);
  return value;
}

static void grow_body(struct archive* archive, uint8_t slot, uint64_t size) {
  struct entry* entry = archive->entries[slot % kMaxEntries];
  if (entry == NULL || size < entry->size) return;
  uint8_t* body = realloc(entry->body, size);  // BUG grow-size: the size is the sender's word
  if (body == NULL) return;
  entry->body = body;
  entry->size = size;
}

// Drops the first `cut` bytes of a body.
static void trim_body(struct archive* archive, uint8_t slot, uint8_t cut) {
  struct entry* entry = archive->entries[slot % kMaxEntries];
  if (entry == NULL || entry->body == NULL || entry->size > 64) return;
  memmove(entry->body, entry->body + cut, entry->size - cut);  // BUG trim-cut: cut may be more than there is
}

// Repeats a part of the window, as packers do.
static void repeat(uint8_t* window, size_t at, size_t back, size_t count) {
  if (back > at || at + count > kWindow) return;
  memcpy(window + at, window + at - back, count);  // BUG repeat-overlap: count may be more than back
}

static void unpack(const uint8_t* data, size_t size) {
  uint8_t* window = calloc(1, kWindow);
  if (window == NULL) return;
  size_t at = 32;
  for (size_t i = 0; i + 1 < size && at < kWindow; i += 2) {
    repeat(window, at, data[i], data[i + 1]);
    at += data[i + 1];
  }
  sink = window[at < kWindow ? at : 0];
  release(window);
}

static void preview_block(const uint8_t* data, size_t size) {
  uint8_t window[kWindow];
  memset(window, 7, sizeof window);
  if (size >= 2) repeat(window, kWindow / 2, data[0], data[1]);
  sink = window[kWindow / 2];
}

static void close_archive(struct archive* archive) {
  for (int i = 0; i < kMaxEntries; ++i) {
    if (archive->entries[i] != NULL) entry_close(archive->entries[i]);
  }
  release(archive->comment);
}

// One command: a letter, a slot, an argument. What follows is text.
static void command(struct archive* archive, const uint8_t* line, size_t size) {
  const uint8_t slot = size > 1 ? line[1] : 0;
  const uint8_t argument = size > 2 ? line[2] : 0;
  const uint8_t* text = line + (size > 3 ? 3 : size);
  const size_t length = size > 3 ? size - 3 : 0;
  switch (line[0]) {
    case '+':
      if (archive->entries[slot % kMaxEntries] == NULL) {
        archive->entries[slot % kMaxEntries] = entry_new(text, length, argument);
      }
      break;
    case '-':
      drop(archive, slot);
      break;
    case '?':
      sink = find(archive, slot) != NULL;
      break;
    case 'l':
      sink = list_last(archive);
      break;
    case 't':
      touch_last(archive);
      break;
    case 'n':
      sink = name_last(archive);
      break;
    case 'e':
      erase_last(archive);
      break;
    case '"':
      if (archive->comment == NULL) archive->comment = copy_text(text, length);
      break;
    case 'd':
      drop_comment(archive);
      break;
    case 'o':
      if (find(archive, slot) != NULL) set_owner(archive->last, text, length);
      break;
    case '=':
      link_bodies(archive, slot, argument);
      break;
    case 'b':
      body_name(archive, slot);
      break;
    case 'm':
      sink = (unsigned long)read_manifest(text, length);
      break;
    case 'g':
      grow_body(archive, slot, number(text, length));
      break;
    case 'c':
      trim_body(archive, slot, argument);
      break;
    case 'u':
      unpack(text, length);
      break;
    case 'p':
      preview_block(text, length);
      break;
    default:
      break;
  }
}

int run_input(const uint8_t* data, size_t size) {
  struct archive archive;
  memset(&archive, 0, sizeof archive);
  size_t at = 0;
  while (at < size) {
    const size_t length = data[at];
    if (length == 0 || length > size - at - 1) break;
    command(&archive, data + at + 1, length);
    at += 1 + length;
  }
  if (archive.last != NULL && at == size) sink = 1;
  close_archive(&archive);
  return 0;
}
