// The publisher's memory: events wait here from publish() until the broker says that they are durable.
//
// Each topic is a lane: an ordered sequence with a random source of its own, so that events keep their
// ids when they are sent again and a busy lane holds up no other. What does not wait for the disk (samples
// and heartbeats) may be gone when the machine's power was, and its numbers with it; so these topics begin a
// new lane, under a new source, whenever a spool is opened. What waits in the lanes of before is sent first:
// a topic keeps its order over all its lanes.
// When the bound is reached, samples thin out first (spool_thinning.h), then make way, oldest first, then
// heartbeats, then snapshots, and nothing makes way for what ranks below it; crash events are never dropped:
// put() of a crash that does not fit is an error the caller sees.
// What the broker refused for good is kept aside, crash events with their attachments, within the same
// bound. They are put again, under new numbers, when the spool is opened next: a broker that knows the node's
// key by then takes them.
// Order is that of the sequences alone: an event's time is carried and never compared, so that a clock that
// jumps loses and reorders nothing.
// Threads: all calls are safe from any thread; puts of several threads at once share a sync of the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "schema/event.h"
#include "schema/result.h"

namespace fuzzmill::broker {

struct Attachment {
  std::string name;
  std::string bytes;
};

// An event as it lies in the spool.
struct SpooledEvent {
  std::uint64_t source = 0;
  std::uint64_t sequence = 0;
  std::string event;                     // encoded
  std::vector<std::string> attachments;  // bytes, in the order of the event's references
};

struct SpoolState {
  std::uint64_t events = 0;   // waiting
  std::uint64_t bytes = 0;    // waiting
  std::uint64_t dropped = 0;  // made way, since open
  std::uint64_t refused = 0;  // refused by the broker for good, kept aside
  std::uint64_t merged = 0;   // samples that became part of another, since open
  std::uint64_t refused_bytes = 0;
};

class Spool {
 public:
  virtual ~Spool() = default;

  // Numbers the event (its id is set from the lane) and its attachment references (from the bytes),
  // then keeps it. Durable on return. kTooLarge when it alone is over a limit, kUnavailable when the
  // spool is full of events that may not be dropped, or the disk is full: then nothing is kept, and the
  // caller tries again.
  virtual schema::Result<schema::EventId> put(schema::Event event, std::vector<Attachment> attachments) = 0;

  // As put(), once for each key, ever: the key is remembered in the same transaction, so that a kill -9
  // leaves either both or neither. False: the key was there, nothing is put. Keys outlive their events: of
  // each stay 16 bytes (of its SHA-256) for as long as the spool's file, outside of the bound.
  virtual schema::Result<bool> put_once(const std::string& key, schema::Event event,
                                        std::vector<Attachment> attachments) = 0;
  virtual bool remembers(const std::string& key) = 0;

  struct Lane {
    std::uint64_t source = 0;
    schema::Topic topic{};
  };
  // Those that events wait in or come to; of a topic, the older lanes first.
  virtual std::vector<Lane> lanes() = 0;

  // Up to `count` events of the lane after `sequence`, in order, at most `bytes` in all (at least one).
  // None while an older lane of the same topic has events. Sequences rise and are never reused.
  virtual schema::Result<std::vector<SpooledEvent>> after(std::uint64_t source, std::uint64_t sequence,
                                                          std::size_t count, std::size_t bytes) = 0;

  // Forgets every event of the lane up to `sequence`: the broker has them.
  virtual schema::Status forget(std::uint64_t source, std::uint64_t sequence) = 0;

  // The broker refuses this event for good: out of the lane, kept aside with the reason (on disk only).
  virtual schema::Status set_aside(std::uint64_t source, std::uint64_t sequence,
                                   const std::string& reason) = 0;

  virtual SpoolState state() = 0;
};

// SQLite in WAL mode at `file`; `max_bytes` bounds what waits and what was refused. A file of an older
// version is brought up to date (spool_tables.h); kInvalid when a newer one made it.
schema::Result<std::unique_ptr<Spool>> open_spool(const std::filesystem::path& file, std::uint64_t max_bytes);

// The same rules in memory, for benches, tests and tools whose events need not outlive them.
std::unique_ptr<Spool> memory_spool(std::uint64_t max_bytes, std::uint64_t seed);

}  // namespace fuzzmill::broker
