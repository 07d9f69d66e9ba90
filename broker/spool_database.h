// The SQLite file behind a spool: statements that are prepared once, transactions, and errors that say which
// disk is full.
//
// Threads: one at a time; the spool's lock sees to it.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "schema/result.h"

namespace fuzzmill::broker {

// Keeps no data in flight that a kill -9 could lose; of the machine's power, see Durability.
enum class Durability {
  kProcess,  // outlives the process: the sync comes with a later one
  kPower,    // outlives the machine's power: synced on return
};

class Database {
 public:
  // A statement while it is used. What is bound must live until then. The same text is not used within
  // itself.
  class Query {
   public:
    Query(Database& database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    Query& bind(int at, std::uint64_t value);
    Query& bind(int at, std::string_view bytes);
    Query& bind_text(int at, std::string_view text);
    bool step();  // false: no further row, or an error: see done()
    std::uint64_t number(int column);
    std::string bytes(int column);
    schema::Status done();  // steps to the end

   private:
    Database& database_;
    sqlite3_stmt* statement_;
    int code_ = SQLITE_ROW;
  };

  // Makes the file and its folder where they are not. kUnavailable names the file.
  static schema::Result<std::unique_ptr<Database>> open(const std::filesystem::path& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // `sql` is a literal: it is kept by its address.
  Query query(const char* sql);
  schema::Status execute(const char* sql);

  // All of `work` or nothing of it, when it returns an error or throws, or the disk fails.
  template <class F>
  schema::Status transact(Durability durability, F&& work) {
    if (auto begun = begin(durability); !begun) return begun;
    schema::Status status;
    try {
      status = work();
    } catch (...) {
      (void)query("ROLLBACK").done();
      throw;
    }
    if (status) status = query("COMMIT").done();
    if (!status) (void)query("ROLLBACK").done();
    return status;
  }

  // What went wrong last; of a full disk, which and how full.
  schema::Error problem() const;

 private:
  Database(sqlite3* db, std::filesystem::path file) : db_(db), file_(std::move(file)) {}
  schema::Status begin(Durability durability);

  sqlite3* db_;
  std::filesystem::path file_;
  std::map<const char*, sqlite3_stmt*> statements_;
  Durability durability_ = Durability::kPower;
};

}  // namespace fuzzmill::broker
