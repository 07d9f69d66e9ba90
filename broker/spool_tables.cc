#include "broker/spool_tables.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "broker/spool_rules.h"

namespace fuzzmill::broker {
namespace {

using schema::Status;

// Version 1 was not numbered: such a file says 0, and may lack the later of these tables.
constexpr const char* kFirst = R"(
CREATE TABLE IF NOT EXISTS lanes (topic TEXT PRIMARY KEY, source INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS events (source INTEGER, sequence INTEGER, event BLOB NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (source, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attachments (source INTEGER, sequence INTEGER, position INTEGER, bytes BLOB NOT NULL,
  PRIMARY KEY (source, sequence, position));
CREATE TABLE IF NOT EXISTS refused (source INTEGER, sequence INTEGER, reason TEXT NOT NULL, event BLOB NOT NULL,
  PRIMARY KEY (source, sequence));
CREATE TABLE IF NOT EXISTS once (key BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS handed (source INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);
)";

constexpr const char* kSecond = R"(
ALTER TABLE lanes RENAME TO lanes_1;
CREATE TABLE lanes (number INTEGER PRIMARY KEY, topic TEXT NOT NULL, source INTEGER NOT NULL UNIQUE,
  last INTEGER NOT NULL, handed INTEGER NOT NULL);
INSERT INTO lanes (topic, source, last, handed) SELECT topic, source, last,
  coalesce((SELECT sequence FROM handed h WHERE h.source = l.source), 0) FROM lanes_1 l;
DROP TABLE lanes_1;
DROP TABLE handed;
ALTER TABLE refused ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE refused ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE refused SET bytes = length(event) + 64,
  topic = coalesce((SELECT topic FROM lanes l WHERE l.source = refused.source), '');
CREATE TABLE refused_attachments (source INTEGER, sequence INTEGER, position INTEGER, bytes BLOB NOT NULL,
  PRIMARY KEY (source, sequence, position));
CREATE TABLE published (key BLOB PRIMARY KEY) WITHOUT ROWID;
)";

constexpr std::size_t kKeysTogether = 4096;

// Keys were kept as they are before.
Status shorten_keys(Database& db) {
  std::string last;
  for (bool more = true; more;) {
    std::vector<std::string> keys;
    {
      auto rows = db.query("SELECT key FROM once WHERE key > ? ORDER BY key LIMIT ?");
      rows.bind(1, last).bind(2, kKeysTogether);
      while (rows.step()) keys.push_back(rows.bytes(0));
      if (auto done = rows.done(); !done) return done;
    }
    for (const std::string& key : keys) {
      const std::string kept = kept_key(key);
      auto insert = db.query("INSERT OR IGNORE INTO published VALUES (?)");
      if (auto done = insert.bind(1, kept).done(); !done) return done;
    }
    more = keys.size() == kKeysTogether;
    if (more) last = keys.back();
  }
  return db.execute("DROP TABLE once");
}

Status upgrade(Database& db) {
  if (auto made = db.execute(kFirst); !made) return made;
  if (auto made = db.execute(kSecond); !made) return made;
  if (auto made = shorten_keys(db); !made) return made;
  return db.execute("PRAGMA user_version = 2");
}

}  // namespace

Status make_tables(Database& db) {
  std::uint64_t version = 0;
  {
    auto row = db.query("PRAGMA user_version");
    if (!row.step()) return row.done();
    version = row.number(0);
  }
  if (version == kSpoolVersion) return {};
  if (version > kSpoolVersion) {
    return schema::invalid(fmt::format(
        "the spool is of version {}, made by a newer program; this one knows {}", version, kSpoolVersion));
  }
  return db.transact(Durability::kPower, [&] { return upgrade(db); });
}

}  // namespace fuzzmill::broker
