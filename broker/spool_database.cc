#include "broker/spool_database.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace fuzzmill::broker {
namespace {

namespace fs = std::filesystem;
using schema::Status;

// The log is written over from its start once its pages are in the file; a burst does not leave it long for
// ever.
constexpr const char* kSettings = R"(
PRAGMA journal_mode = WAL;
PRAGMA journal_size_limit = 16777216;
)";

// Up from `folder` for as long as it is the same disk.
fs::path mount_point(const fs::path& folder) {
  struct stat here {
  }, above{};
  fs::path point = fs::absolute(folder);
  if (::stat(point.c_str(), &here) != 0) return point;
  while (point.has_relative_path()) {
    const fs::path parent = point.parent_path();
    if (::stat(parent.c_str(), &above) != 0 || above.st_dev != here.st_dev) break;
    point = parent;
  }
  return point;
}

}  // namespace

schema::Result<std::unique_ptr<Database>> Database::open(const fs::path& file) {
  std::error_code ignored;  // SQLite says what is wrong with a folder that is not there
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), ignored);
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  std::unique_ptr<Database> database(new Database(db, file));
  if (code != SQLITE_OK) {
    return schema::unavailable(
        fmt::format("cannot open the spool {}: {}", file.string(), sqlite3_errmsg(db)));
  }
  ::chmod(file.c_str(), 0600);
  sqlite3_busy_timeout(db, 5000);
  if (auto set = database->execute(kSettings); !set) return std::move(set).error();
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

Database::Query Database::query(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  }
  return Query(*this, statement);
}

Status Database::execute(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return problem();
}

Status Database::begin(Durability durability) {
  if (durability != durability_) {
    auto set = execute(durability == Durability::kPower ? "PRAGMA synchronous = FULL"
                                                        : "PRAGMA synchronous = NORMAL");
    if (!set) return set;
    durability_ = durability;
  }
  return query("BEGIN IMMEDIATE").done();
}

schema::Error Database::problem() const {
  const std::string text = sqlite3_errmsg(db_);
  const int code = sqlite3_extended_errcode(db_) & 0xff;
  if (code != SQLITE_FULL && code != SQLITE_IOERR) {
    return schema::unavailable(fmt::format("spool {}: {}", file_.string(), text));
  }
  const fs::path folder = fs::absolute(file_).parent_path();
  struct statvfs room {};
  if (::statvfs(folder.c_str(), &room) != 0) room = {};
  return schema::unavailable(fmt::format(
      "{} the spool in {}: the disk mounted at {} has {} MB left of {} MB ({})",
      code == SQLITE_FULL ? "no room for" : "cannot write", folder.string(), mount_point(folder).string(),
      (room.f_bavail * room.f_frsize) >> 20, (room.f_blocks * room.f_frsize) >> 20, text));
}

Database::Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

// SQLite's integers are signed; a source is 64 random bits.
Database::Query& Database::Query::bind(int at, std::uint64_t value) {
  sqlite3_bind_int64(statement_, at, static_cast<std::int64_t>(value));
  return *this;
}
Database::Query& Database::Query::bind(int at, std::string_view bytes) {
  sqlite3_bind_blob64(statement_, at, bytes.data() != nullptr ? bytes.data() : "", bytes.size(),
                      SQLITE_STATIC);
  return *this;
}
Database::Query& Database::Query::bind_text(int at, std::string_view text) {
  sqlite3_bind_text64(statement_, at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

bool Database::Query::step() {
  if (code_ == SQLITE_ROW) code_ = sqlite3_step(statement_);
  return code_ == SQLITE_ROW;
}
std::uint64_t Database::Query::number(int column) {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
}
std::string Database::Query::bytes(int column) {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}
Status Database::Query::done() {
  while (step()) {
  }
  if (code_ == SQLITE_DONE) return {};
  return database_.problem();
}

}  // namespace fuzzmill::broker
