/* Publishes crashes, resource samples and corpora to a fuzzmill broker out of a harness or another fuzzer.
 * C, and the whole ABI of libfuzzmill-producer; <fuzzmill/producer.h> is the same for C++.
 *
 * Life cycle: open, publish as often as you like, drain at the end, close. What is published is durable in
 * the spool file on return; a thread of the library sends it, for as long as it takes. What the broker does
 * not have at close waits in the file for the next open.
 *
 * Errors: a function that can fail returns FUZZMILL_OK or what the caller can do about it;
 * fuzzmill_error_text() is the sentence for people. Nothing throws, prints, exits or aborts.
 *
 * Threads: every call from any thread, but close when no other call is under way. The threads of the library
 * take no signal of the process: an alarm or a ^C comes to yours.
 *
 * Fork: a producer belongs to the process that opened it. In a child every call returns FUZZMILL_CONFLICT and
 * close lets go of nothing; the child opens its own, with another spool file or with spool_slots. A child
 * that neither execs nor ends keeps the spool of its parent locked for as long as it lives.
 *
 * Structs: fill them with their _init function, then set what you know: a library newer than your program
 * reads no further than your struct goes. All text is UTF-8 and ends with a zero byte; NULL is "not known".
 */
#ifndef FUZZMILL_PRODUCER_C_H
#define FUZZMILL_PRODUCER_C_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FUZZMILL_API __attribute__((visibility("default")))

enum {
  FUZZMILL_OK = 0,
  FUZZMILL_INVALID = 1,     /* what you gave is wrong and stays wrong */
  FUZZMILL_NOT_FOUND = 2,   /* a key or folder that you named is not there */
  FUZZMILL_UNAVAILABLE = 3, /* disk full, spool full, time over: later may help */
  FUZZMILL_DENIED = 4,      /* a key that others may read, or a file that you may not write */
  FUZZMILL_TOO_LARGE = 5,   /* an input or report over 16 MB, or both over 16 MB together */
  FUZZMILL_CONFLICT = 6,    /* another process has the spool, or this one is a fork of the one that opened */
  FUZZMILL_INTERNAL = 7     /* our fault: report it */
};

#define FUZZMILL_UNKNOWN UINT64_MAX  /* of a counter */
#define FUZZMILL_UNKNOWN_RATE (-1.0) /* of a rate or size */

typedef struct fuzzmill_producer fuzzmill_producer;

typedef struct fuzzmill_options {
  size_t size;
  const char* endpoint; /* of the broker: tcp://host:port or ipc:///path */
  const char* keys;     /* folder with KEY_NAME.key (mode 600) and server.pub */
  const char* key_name; /* NULL: the node's name */
  const char* node;     /* who fuzzes; [A-Za-z0-9._-]{1,64}, not beginning with a dot */
  const char* target;   /* what is fuzzed; as node */
  const char* engine;   /* NULL: "custom" */
  const char* spool;    /* file; on a disk that outlives the process */
  uint64_t spool_bytes; /* bound of what waits in it; 0: 256 MB */
  uint32_t spool_slots; /* files to choose from: spool, spool.1, … the first that no process has; 0: 1 */
} fuzzmill_options;

typedef struct fuzzmill_crash {
  size_t size;
  const void* input; /* what crashed it; NULL: not known, then there must be a report */
  size_t input_size;
  const char* report; /* of the sanitizer, or the log's end; NULL: none; may hold zero bytes */
  size_t report_size;
  const char* kind;     /* crash, leak, timeout, oom or slow-unit; NULL: crash */
  const char* artifact; /* a file name for people; NULL: KIND-SHA256 */
  int32_t exit_code;    /* 0: not known */
  int32_t signal;       /* 0: none */
  uint64_t pid;         /* 0: this process */
  const char* build_id; /* of the binary */
  const char* command;  /* for people */
} fuzzmill_crash;

/* What is unknown of CPU, memory and threads is measured: of this process, since the sample before. */
typedef struct fuzzmill_sample {
  size_t size;
  uint64_t interval_ms;
  double cpu_percent; /* of one core */
  double rss_mb;
  uint64_t threads;
  double exec_per_second;
  uint64_t executions;
  uint64_t coverage;
  uint64_t corpus_files;
  uint64_t corpus_bytes;
  uint64_t crashes;
  uint64_t restarts;
  uint64_t hangs;
  uint64_t last_new_path_ms; /* Unix time */
} fuzzmill_sample;

typedef struct fuzzmill_state {
  size_t size;
  int32_t connected;
  uint64_t waiting_events; /* in the spool */
  uint64_t waiting_bytes;
  uint64_t dropped;      /* samples and snapshots that made way since open */
  uint64_t refused;      /* by the broker for good; kept aside in the spool */
  uint64_t acknowledged; /* durable at the broker, since open */
  char problem[256];     /* the last one, for people; empty: none */
} fuzzmill_state;

static inline void fuzzmill_options_init(fuzzmill_options* options) {
  memset(options, 0, sizeof *options);
  options->size = sizeof *options;
}
static inline void fuzzmill_crash_init(fuzzmill_crash* crash) {
  memset(crash, 0, sizeof *crash);
  crash->size = sizeof *crash;
}
static inline void fuzzmill_sample_init(fuzzmill_sample* sample) {
  sample->size = sizeof *sample;
  sample->interval_ms = sample->threads = FUZZMILL_UNKNOWN;
  sample->cpu_percent = sample->rss_mb = sample->exec_per_second = FUZZMILL_UNKNOWN_RATE;
  sample->executions = sample->coverage = sample->corpus_files = sample->corpus_bytes = FUZZMILL_UNKNOWN;
  sample->crashes = sample->restarts = sample->hangs = sample->last_new_path_ms = FUZZMILL_UNKNOWN;
}
static inline void fuzzmill_state_init(fuzzmill_state* state) {
  memset(state, 0, sizeof *state);
  state->size = sizeof *state;
}

/* Does not wait for the broker: one that is away is connected to when it is back. FUZZMILL_INVALID,
 * NOT_FOUND, DENIED, CONFLICT (every slot of the spool is taken), UNAVAILABLE (the spool cannot be opened).
 */
FUZZMILL_API int fuzzmill_producer_open(const fuzzmill_options* options, fuzzmill_producer** producer);

/* Once for each target, kind and input, ever, as far as the spool file remembers: *published (may be NULL) is
 * 1 when it is new and 0 when it was published before. Without an input the report stands for it.
 * UNAVAILABLE: not kept, for the disk or the spool is full; keep the crash and try again. */
FUZZMILL_API int fuzzmill_producer_crash(fuzzmill_producer* producer, const fuzzmill_crash* crash,
                                         int* published);

FUZZMILL_API int fuzzmill_producer_sample(fuzzmill_producer* producer, const fuzzmill_sample* sample);

/* The corpus folder as it is now: its size, and the newest 256 files up to 1 MB each and 8 MB in all. */
FUZZMILL_API int fuzzmill_producer_corpus(fuzzmill_producer* producer, const char* folder,
                                          const char* build_id);

/* Waits until the broker has everything; UNAVAILABLE when `limit_ms` passed first. */
FUZZMILL_API int fuzzmill_producer_drain(fuzzmill_producer* producer, uint32_t limit_ms);

FUZZMILL_API int fuzzmill_producer_state(fuzzmill_producer* producer, fuzzmill_state* state);

/* Does not wait for the broker. NULL is allowed. */
FUZZMILL_API void fuzzmill_producer_close(fuzzmill_producer* producer);

/* Of the last call of this thread that failed; never NULL, and yours until the next call. */
FUZZMILL_API const char* fuzzmill_error_text(void);

/* "0.1.0" */
FUZZMILL_API const char* fuzzmill_producer_version(void);

#ifdef __cplusplus
}
#endif

#endif
