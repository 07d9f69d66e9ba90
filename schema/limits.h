// Every bound on what crosses a process, in one place. Checked before memory is taken.
// Sizes are bytes. Changing one is a protocol change: docs/protocol.md lists them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fuzzmill::schema {

inline constexpr std::size_t kMaxNameSize = 64;               // node, target, engine names
inline constexpr std::size_t kMaxTextSize = 16 * 1024;        // any one string of an event
inline constexpr std::size_t kMaxListSize = 1024;             // any one list of an event
inline constexpr std::size_t kMaxDepth = 8;                   // nesting of MessagePack
inline constexpr std::size_t kMaxEventSize = 256 * 1024;      // one encoded event
inline constexpr std::size_t kMaxAttachments = 256;           // attachments of one event
inline constexpr std::size_t kMaxAttachmentSize = 16u << 20;  // one attachment
inline constexpr std::size_t kMaxBatchEvents = 512;           // events in one wire message
inline constexpr std::size_t kMaxMessageSize = 32u << 20;     // all frames of one wire message
inline constexpr std::size_t kMaxFrames = 1 + 1024;           // frames of one wire message
inline constexpr std::uint64_t kCurveOverhead = 64;           // ZMQ_MAXMSGSIZE counts the encrypted frame

}  // namespace fuzzmill::schema
