// Frames of a toy cipher: version, kind, nonce, payload, tag. No secret was kept with it.
#include <stdlib.h>

#include "bytes.h"

enum { kNonce = 12, kTag = 16, kHandshake = 'H', kData = 'D', kRekey = 'R', kNote = 'N' };

struct header {
  uint8_t version;
  uint8_t kind;
  uint8_t sealed;    // from version 2 on
  uint8_t priority;  // data frames only
};

struct session {
  uint8_t key[8];
  uint32_t sent;
  uint8_t open;
};

struct cursor {
  const uint8_t* at;
  size_t left;
};

static volatile uint32_t sink;
static const uint8_t kZeros[64];
static const uint8_t kSpread[256] = {1, 2, 3, 5, 8, 13};

static uint8_t take(struct cursor* in) {
  if (in->left == 0) return 0;
  --in->left;
  return *in->at++;
}

static size_t take_some(struct cursor* in, uint8_t* to, size_t count) {
  if (count > in->left) count = in->left;
  memcpy(to, in->at, count);
  in->at += count;
  in->left -= count;
  return count;
}

// All blocks come from here.
__attribute__((noinline)) static void* block_of(size_t size) { return malloc(size); }

static struct header* read_header(struct cursor* in) {
  struct header* header = block_of(sizeof *header);
  if (header == NULL) return NULL;
  header->version = take(in);
  header->kind = take(in);
  if (header->version >= 2) header->sealed = take(in);  // BUG header-sealed: no value for version 1
  if (header->kind == kData) {
    header->priority = take(in);
  } else {
    header->priority = 0;
  }
  return header;
}

static int is_sealed(const struct header* header) {
  if (header->sealed == 0) return 0;
  sink = header->version;
  return 1;
}

static void read_nonce(struct cursor* in, uint8_t* nonce) {
  const size_t count = take(in);
  take_some(in, nonce, count < kNonce ? count : kNonce);  // BUG nonce-short: the rest stays as it was
}

// Is the nonce zero, what is its counter, what does it spread to?
static uint32_t ask_nonce(struct cursor* in, uint8_t what) {
  uint8_t nonce[kNonce];
  read_nonce(in, nonce);
  if (what == 'n') return (uint32_t)same_bytes(nonce, kZeros, kNonce);
  if (what == 'c') {
    if ((nonce[kNonce - 1] & 0x80) != 0) sink = 1;
    return nonce[kNonce - 1];
  }
  return kSpread[nonce[kNonce - 2]];
}

static uint8_t* new_tag(struct cursor* in) {
  uint8_t* tag = block_of(kTag);
  if (tag == NULL) return NULL;
  const uint8_t algorithm = take(in);
  uint32_t state = 2166136261U;
  for (int i = 0; i < (algorithm == 'S' ? 8 : kTag);
       ++i) {  // BUG tag-half: short tags fill half of the block
    state = mix(state, take(in));
    tag[i] = (uint8_t)(state >> 24);
  }
  return tag;
}

static int check_tag(struct cursor* in) {
  uint8_t* tag = new_tag(in);
  if (tag == NULL) return 0;
  const int same = same_bytes(tag, kZeros, kTag);
  free(tag);
  return same;
}

static uint32_t tag_spread(struct cursor* in) {
  uint8_t* tag = new_tag(in);
  if (tag == NULL) return 0;
  const uint32_t spread = kSpread[tag[kTag - 1]];
  free(tag);
  return spread;
}

static int tag_parity(struct cursor* in) {
  uint8_t* tag = new_tag(in);
  if (tag == NULL) return 0;
  int parity = 0;
  for (int i = 0; i < kTag; ++i) {
    if ((tag[i] & 1) != 0) sink = (uint32_t)(parity ^= 1);
  }
  free(tag);
  return parity;
}

// A window that grows; what is new in it has to be cleared.
static int find_mark(struct cursor* in, uint8_t mark) {
  size_t room = 8;
  uint8_t* window = malloc(room);
  if (window == NULL) return -1;
  memset(window, 0, room);
  size_t used = take_some(in, window, room);
  while (in->left > 0) {
    uint8_t* wider = realloc(window, room * 2);  // BUG window-grown: the second half is not cleared
    if (wider == NULL) break;
    window = wider;
    used += take_some(in, window + used, room);
    room *= 2;
  }
  int found = -1;
  if (mark == 0) {
    found = same_bytes(window + room - 4, kZeros, 4);
  } else {
    for (size_t i = 0; i < room && found < 0; ++i) {
      if (window[i] == mark) found = (int)i;
    }
  }
  free(window);
  return found;
}

struct price {
  uint32_t cost;
  uint32_t weight;
};

// A price to be freed.
static struct price* price_of(uint8_t kind, size_t size) {
  struct price* price = block_of(sizeof *price);
  if (price == NULL) abort();
  price->weight = (uint32_t)size;
  switch (kind) {
    case kHandshake:
      price->cost = 10;
      break;
    case kData:
      price->cost = price->weight;
      break;
    case kRekey:
      price->cost = 3;
      break;
    default:
      break;  // BUG cost-other: other kinds have no cost
  }
  return price;
}

static uint32_t too_dear(struct cursor* in) {
  struct price* price = price_of(take(in), in->left);
  if (price->cost > 5) sink = price->weight;
  const uint32_t slot = kSpread[price->weight & 0xff];
  free(price);
  return slot;
}

static uint32_t dear_slot(struct cursor* in) {
  struct price* price = price_of(take(in), in->left);
  const uint32_t slot = kSpread[price->cost & 0xff];
  free(price);
  return slot;
}

static struct session* open_session(struct cursor* in) {
  struct session* session = calloc(1, sizeof *session);
  if (session == NULL) return NULL;
  take_some(in, session->key, sizeof session->key);
  session->open = 1;
  return session;
}

// Ends a session; what is asked for afterwards is answered from it.
__attribute__((noinline)) static void end_session(struct session* session) {
  session->open = 0;
  free(session);  // BUG session-ended: handle_session asks it again
}

static uint32_t handle_session(struct cursor* in) {
  struct session* session = open_session(in);
  if (session == NULL) return 0;
  uint32_t answer = 0;
  int ended = 0;
  while (in->left > 0) {
    const uint8_t request = take(in);
    if (request == 'x' && !ended) {
      end_session(session);
      ended = 1;
    } else if (request == '?') {
      if (session->open != 0) sink = ++answer;
    } else if (request == 'k') {
      answer += (uint32_t)same_bytes(session->key, kZeros, sizeof session->key);
    } else if (request == 's') {
      if (++session->sent > 4) sink = ++answer;
    }
  }
  if (!ended) end_session(session);
  return answer;
}

static uint32_t unseal(struct cursor* in) {
  const size_t count = take(in);
  uint8_t* clear = malloc(32);
  if (clear == NULL) return 0;
  memset(clear, 0, 32);
  if (count <= in->left)
    xor_block(clear, in->at, kSpread, count);  // BUG unseal-room: 32 bytes of room, 255 of text
  const uint32_t first = clear[0];
  free(clear);
  return first;
}

static uint32_t echo(struct cursor* in) {
  uint8_t out[64];
  const size_t count = take(in) & 63;
  xor_block(out, in->at, kSpread, count);  // BUG echo-left: less may be left
  return count > 0 ? out[count - 1] : 0;
}

static uint32_t handle_header(struct cursor* in, int strict) {
  struct header* header = read_header(in);
  if (header == NULL) return 0;
  uint32_t answer = header->priority;
  if (strict) {
    if (header->kind == kRekey && is_sealed(header)) answer = 1;
  } else {
    answer += kSpread[header->sealed];
  }
  free(header);
  return answer;
}

int run_input(const uint8_t* data, size_t size) {
  struct cursor in = {data, size};
  switch (take(&in)) {
    case 'h':
      sink = handle_header(&in, 1);
      break;
    case 'i':
      sink = handle_header(&in, 0);
      break;
    case 'n':
    case 'c':
    case 'p':
      sink = ask_nonce(&in, data[0]);
      break;
    case 't':
      sink = (uint32_t)check_tag(&in);
      break;
    case 'T':
      sink = tag_spread(&in);
      break;
    case 'q':
      sink = (uint32_t)tag_parity(&in);
      break;
    case 'm': {
      const uint8_t mark = take(&in);
      sink = (uint32_t)find_mark(&in, mark);
      break;
    }
    case 'd':
      sink = too_dear(&in);
      break;
    case 'D':
      sink = dear_slot(&in);
      break;
    case 's':
      sink = handle_session(&in);
      break;
    case 'u':
      sink = unseal(&in);
      break;
    case 'e':
      sink = echo(&in);
      break;
    default:
      break;
  }
  return 0;
}
