// The tables of a spool's file, and how those of older versions become them. The version is SQLite's
// user_version.
//
//   lanes                one row for each source, the older first; `last` is the highest sequence that was
//                        forgotten, `handed` how far it was handed out to be sent (spool_thinning.h)
//   events, attachments  what waits, by source and sequence
//   refused, refused_attachments  what the broker refused for good; attachments of crash events only
//   published            what is remembered of each key of put_once()
#pragma once

#include "broker/spool_database.h"
#include "schema/result.h"

namespace fuzzmill::broker {

inline constexpr std::uint64_t kSpoolVersion = 2;

// All or nothing. kInvalid: the file is of a newer version. kUnavailable: the disk.
schema::Status make_tables(Database& db);

}  // namespace fuzzmill::broker
