#pragma once
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { kQueue = 16 };

struct pool {
  pthread_mutex_t lock;   // of everything but the books
  pthread_mutex_t books;  // of what accountants keep
  int queue[kQueue];
  int count;
  long done;
  long stolen;
  int stop;
};

struct account {
  pthread_mutex_t lock;
  long balance;
};

struct job {
  int input;
  int result;
  int state;
  char* notes;
};

static inline void start(pthread_t* thread, void* (*body)(void*), void* argument) {
  if (pthread_create(thread, NULL, body, argument) != 0) abort();
}

static inline void run_one(void* (*body)(void*), void* argument) {
  pthread_t thread;
  start(&thread, body, argument);
  pthread_join(thread, NULL);
}
