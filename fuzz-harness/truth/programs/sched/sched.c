// A scheduler: a queue of jobs, workers, accounts that jobs charge. One input is one arrangement of threads.
#include "sched.h"

#include <stdlib.h>
#include <string.h>

static volatile long sink;

// Adds one; whoever calls holds the lock of what is counted.
static void bump(long* counter) { *counter += 1; }

static void pool_open(struct pool* pool) {
  memset(pool, 0, sizeof *pool);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_mutex_init(&pool->books, NULL);
}

static void pool_close(struct pool* pool) {
  pthread_mutex_destroy(&pool->books);
  pthread_mutex_destroy(&pool->lock);
}

static long pool_progress(struct pool* pool) {
  pthread_mutex_lock(&pool->lock);
  const long done = pool->done;
  pthread_mutex_unlock(&pool->lock);
  return done;
}

static void queue_push(struct pool* pool, int job) {
  pthread_mutex_lock(&pool->lock);
  if (pool->count < kQueue) pool->queue[pool->count++] = job;
  pthread_mutex_unlock(&pool->lock);
}

static int queue_pop(struct pool* pool) {
  pthread_mutex_lock(&pool->lock);
  const int job = pool->count > 0 ? pool->queue[--pool->count] : 0;
  pthread_mutex_unlock(&pool->lock);
  return job;
}

static int queue_peek(const struct pool* pool) {
  return pool->count > 0 ? pool->queue[0] : 0;  // BUG peek-unlocked
}

// ---- what threads do

static void* worker(void* argument) {
  struct pool* pool = argument;
  for (int i = 0; i < 4; ++i) {
    const int job = queue_pop(pool);
    if (job > 100) sink = job;
    bump(&pool->done);  // BUG done-unlocked
  }
  return NULL;
}

static void* thief(void* argument) {
  struct pool* pool = argument;
  if (queue_pop(pool) != 0) sink = 1;
  bump(&pool->stolen);  // BUG stolen-unlocked
  return NULL;
}

static void* producer(void* argument) {
  struct pool* pool = argument;
  for (int i = 1; i <= 4; ++i) queue_push(pool, i);
  return NULL;
}

static void* watcher(void* argument) {
  struct pool* pool = argument;
  for (int i = 0; i < 3; ++i) sink = queue_peek(pool);
  return NULL;
}

static void* reporter(void* argument) {
  struct pool* pool = argument;
  pthread_mutex_lock(&pool->lock);
  sink = pool->done + pool->stolen;
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

static void request_stop(struct pool* pool) { pool->stop = 1; }  // BUG stop-plain

static void* stoppable(void* argument) {
  struct pool* pool = argument;
  for (int i = 0; i < 100; ++i) {
    if (__atomic_load_n(&pool->stop, __ATOMIC_ACQUIRE) != 0) break;
  }
  return NULL;
}

static void* stopper(void* argument) {
  request_stop(argument);
  return NULL;
}

// ---- accounts

static void charge(struct account* from, struct account* to, long amount) {
  pthread_mutex_lock(&from->lock);
  pthread_mutex_lock(&to->lock);  // BUG charge-order: two ways round, whatever the accounts
  from->balance -= amount;
  to->balance += amount;
  pthread_mutex_unlock(&to->lock);
  pthread_mutex_unlock(&from->lock);
}

static void* pay(void* argument) {
  struct account* accounts = argument;
  charge(&accounts[0], &accounts[1], 5);
  return NULL;
}

static void* refund(void* argument) {
  struct account* accounts = argument;
  charge(&accounts[1], &accounts[0], 3);
  return NULL;
}

static void account_open(struct account* account) {
  pthread_mutex_init(&account->lock, NULL);
  account->balance = 100;
}

static int withdraw(struct account* account, long amount) {
  pthread_mutex_lock(&account->lock);
  if (amount > account->balance) {
    pthread_mutex_unlock(&account->lock);
    amount = 0;  // BUG withdraw-unlock: must return here, and unlocks again below
  }
  account->balance -= amount;
  pthread_mutex_unlock(&account->lock);
  return amount != 0;
}

static void freeze(struct account* account) { pthread_mutex_lock(&account->lock); }

static void account_close(struct account* account, int frozen) {
  sink = account->balance + frozen;
  pthread_mutex_destroy(&account->lock);  // BUG close-frozen: a frozen account is still locked
}

static void* withdraw_much(void* argument) {
  withdraw(argument, 1000);
  return NULL;
}

static void accounts_run(uint8_t plan) {
  struct account accounts[3];
  for (int i = 0; i < 3; ++i) account_open(&accounts[i]);
  int frozen = 0;
  pthread_t threads[2];
  switch (plan) {
    case 'a':
      pay(accounts);
      refund(accounts);
      break;
    case 'b':
      run_one(pay, accounts);
      run_one(refund, accounts);
      break;
    case 'c':
      charge(&accounts[0], &accounts[1], 1);
      charge(&accounts[1], &accounts[2], 1);
      charge(&accounts[2], &accounts[0], 1);
      break;
    case 'd':
      sink = withdraw(&accounts[0], 500);
      break;
    case 'e':
      run_one(withdraw_much, &accounts[1]);
      break;
    case 'f':
      frozen = 1;
      freeze(&accounts[0]);
      break;
    case 'g':
      frozen = 1;
      withdraw(&accounts[1], 5);
      freeze(&accounts[1]);
      break;
    default:
      start(&threads[0], pay, accounts);
      pthread_join(threads[0], NULL);
      break;
  }
  for (int i = 0; i < 3; ++i) account_close(&accounts[i], frozen);
}

// ---- jobs of their own

static void* finish_job(void* argument) {
  struct job* job = argument;
  job->result = job->input * 2;
  free(job->notes);
  free(job);  // BUG job-freed: who started it asks for the result
  return NULL;
}

static void* look_at_job(void* argument) {
  const struct job* job = argument;
  sink = job->result;
  return NULL;
}

static void job_run(uint8_t plan) {
  struct job* job = calloc(1, sizeof *job);
  if (job == NULL) return;
  job->input = plan;
  job->notes = calloc(1, 16);
  run_one(finish_job, job);
  switch (plan) {
    case 'r':
      sink = job->result;
      break;
    case 'w':
      job->input = 1;
      break;
    case 'n':
      job->state = job->result > 5 ? 1 : 2;
      break;
    case 't':
      run_one(look_at_job, job);
      break;
    default:
      break;
  }
}

static void* double_input(void* argument) {
  struct job* job = argument;
  job->result = job->input * 2;
  return NULL;
}

static void* clear_job(void* argument) {
  memset(argument, 0, sizeof(struct job));
  return NULL;
}

__attribute__((noinline)) static struct job* prepare(uint8_t input) {
  struct job local = {0};
  local.input = input;
  struct job* volatile prepared = &local;  // BUG prepare-local: gone when prepare returns
  return prepared;
}

static void local_run(uint8_t plan) {
  struct job* job = prepare(plan);
  run_one(plan == 'm' ? clear_job : double_input, job);
  if (plan == 'x') sink = job->input;
}

static void monitor_run(uint8_t plan) {
  struct pool* pool = calloc(1, sizeof *pool);
  if (pool == NULL) return;
  pool_open(pool);
  pthread_t thread;
  start(&thread, reporter, pool);  // BUG monitor-unjoined: for short plans nobody waits for it
  if (plan > 'm') pthread_join(thread, NULL);
  while (plan > 'm' && pool_progress(pool) < 0) sink = 0;
}

// ---- plans

struct plan {
  uint8_t letter;
  void* (*first)(void*);
  void* (*second)(void*);
};

static const struct plan kPlans[] = {
    {'a', worker, worker},    {'b', worker, reporter},   {'d', thief, thief},       {'e', thief, reporter},
    {'f', producer, watcher}, {'g', watcher, producer},  {'h', stoppable, stopper}, {'i', stopper, stoppable},
    {'j', stopper, stopper},  {'k', producer, producer},
};

static void pool_run(uint8_t letter) {
  struct pool pool;
  pool_open(&pool);
  queue_push(&pool, 7);
  for (size_t i = 0; i < sizeof kPlans / sizeof *kPlans; ++i) {
    if (kPlans[i].letter != letter) continue;
    pthread_t threads[2];
    start(&threads[0], kPlans[i].first, &pool);
    start(&threads[1], kPlans[i].second, &pool);
    if (letter == 'f') sink = pool_progress(&pool);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
  }
  if (letter == 'm') {
    pthread_t thread;
    start(&thread, worker, &pool);
    worker(&pool);
    pthread_join(thread, NULL);
  }
  if (letter == 'l') {
    pthread_t thread;
    start(&thread, producer, &pool);
    sink = queue_peek(&pool);
    pthread_join(thread, NULL);
  }
  pool_close(&pool);
}

int run_input(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  switch (data[0]) {
    case 'p':
      pool_run(data[1]);
      break;
    case 'a':
      accounts_run(data[1]);
      break;
    case 'j':
      job_run(data[1]);
      break;
    case 'l':
      local_run(data[1]);
      break;
    case 'm':
      monitor_run(data[1]);
      break;
    default:
      break;
  }
  return 0;
}
