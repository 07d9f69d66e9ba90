#include "workers/archive/staging.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "schema/event_codec.h"
#include "store/archive/archive_reader.h"

namespace fuzzmill::workers {
namespace {

constexpr std::string_view kStaging = "staging/";
constexpr std::string_view kPageHead = "fuzzmill-page 1 ";

bool is_snapshot_id(std::string_view text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

const schema::CorpusSnapshot& body_of(const schema::Event& event) {
  return std::get<schema::CorpusSnapshot>(event.body);
}

// "staging/<target>/<node>=<snapshot>/<page>.<kind>"
struct ObjectName {
  StagedName name;
  std::uint64_t page = 0;
  std::string_view kind;
};
std::optional<ObjectName> parse_object(std::string_view text) {
  if (text.substr(0, kStaging.size()) != kStaging) return std::nullopt;
  text.remove_prefix(kStaging.size());
  const auto first = text.find('/'), second = text.find('/', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const auto middle = text.substr(first + 1, second - first - 1);
  const auto file = text.substr(second + 1);
  const auto equals = middle.find('='), dot = file.find('.');
  if (equals == std::string_view::npos || dot == std::string_view::npos) return std::nullopt;
  ObjectName object;
  object.name = {std::string(text.substr(0, first)), std::string(middle.substr(0, equals)),
                 std::string(middle.substr(equals + 1))};
  object.kind = file.substr(dot + 1);
  const auto [end, failed] = std::from_chars(file.data(), file.data() + dot, object.page);
  if (failed != std::errc() || end != file.data() + dot || !is_snapshot_id(object.name.snapshot))
    return std::nullopt;
  return object;
}

// Reads the bytes of a page to their end, each of which must be a file of the listing.
schema::Result<std::vector<schema::Sha256>> contents_of(std::string_view files,
                                                        const schema::CorpusListing& listing) {
  std::vector<schema::Sha256> contents;
  if (files.empty()) return contents;
  store::ReadLimits limits;
  limits.total_bytes = kMaxPageBytes;
  limits.entries = schema::kMaxListingFiles;
  auto reader =
      store::ArchiveReader::open(store::bytes_source(files), store::ArchiveReader::Manifest::kNone, limits);
  if (!reader) return std::move(reader).error();
  while (true) {
    auto file = (*reader)->next();
    if (!file) return std::move(file).error();
    if (!*file) return contents;
    const auto listed =
        std::lower_bound(listing.files.begin(), listing.files.end(), (*file)->sha256,
                         [](const auto& one, const auto& sha256) { return one.sha256 < sha256; });
    if (listed == listing.files.end() || listed->sha256 != (*file)->sha256)
      return schema::invalid(
          fmt::format("it holds {}, which its listing does not name", schema::hex((*file)->sha256)));
    if (listed->size != (*file)->bytes.size())
      return schema::invalid(fmt::format("{} has {} bytes, and its listing says {}",
                                         schema::hex((*file)->sha256), (*file)->bytes.size(), listed->size));
    contents.push_back((*file)->sha256);
  }
}

}  // namespace

std::string StagedName::prefix() const {
  return fmt::format("{}{}/{}={}/", kStaging, target, node, snapshot);
}

std::optional<std::string> problem_of_page(const schema::Event& event) {
  const auto& body = body_of(event);
  if (!body.snapshot) return std::nullopt;
  if (!is_snapshot_id(*body.snapshot)) return "corpus.snapshot: field snapshot is not 16 hex digits";
  if (body.base && !body.base->empty() && !is_snapshot_id(*body.base))
    return "corpus.snapshot: field base is not 16 hex digits";
  if (!body.page || *body.page >= kMaxPages) return "corpus.snapshot: field page is missing or too large";
  if (!schema::valid_name(event.node)) return "corpus.snapshot: the event names no node";
  return std::nullopt;
}

std::string encode_page(const schema::Event& event, std::string_view listing) {
  const std::string encoded = schema::encode(event);
  return fmt::format("{}{}\n{}{}", kPageHead, encoded.size(), encoded, listing);
}

schema::Result<Page> decode_page(std::string_view bytes) {
  const auto line = bytes.find('\n');
  std::size_t size = 0;
  if (bytes.substr(0, kPageHead.size()) != kPageHead || line == std::string_view::npos)
    return schema::invalid("not a staged page");
  const auto [end, failed] = std::from_chars(bytes.data() + kPageHead.size(), bytes.data() + line, size);
  if (failed != std::errc() || end != bytes.data() + line || size > bytes.size() - line - 1)
    return schema::invalid("not a staged page");
  auto event = schema::decode(bytes.substr(line + 1, size));
  if (!event) return std::move(event).error();
  if (!std::holds_alternative<schema::CorpusSnapshot>(event->body))
    return schema::invalid("not a page of a snapshot");
  auto listing = schema::decode_listing(bytes.substr(line + 1 + size));
  if (!listing) return std::move(listing).error();
  return Page{std::move(*event), std::move(*listing)};
}

schema::Result<std::vector<schema::Sha256>> Staging::put(const schema::Event& event, std::string_view listing,
                                                         std::string_view files) {
  const auto& body = body_of(event);
  const auto decoded = schema::decode_listing(listing);
  if (!decoded) return schema::Error(decoded.error()).in("attachment listing");
  auto contents = contents_of(files, *decoded);
  if (!contents) return std::move(contents).error().in("attachment files");
  const StagedName name{event.target, event.node, *body.snapshot};
  const std::string stem = fmt::format("{}{:06}", name.prefix(), *body.page);
  if (!files.empty()) {
    if (auto put = store_.put(stem + ".files", files); !put) return std::move(put).error();
  }
  schema::Event bare = event;
  bare.attachments.clear();
  if (auto put = store_.put(stem + ".listing", encode_page(bare, listing)); !put)
    return std::move(put).error();
  return contents;
}

schema::Result<std::vector<Staging::Snapshot>> Staging::list(const std::string& target) {
  const auto objects =
      store_.list(target.empty() ? std::string(kStaging) : fmt::format("{}{}/", kStaging, target));
  if (!objects) return objects.error();
  std::map<StagedName, Snapshot> found;
  std::map<StagedName, std::uint64_t> pages;
  for (const auto& object : *objects) {  // sorted by name, so by page
    const auto parsed = parse_object(object.name);
    if (!parsed) continue;
    Snapshot& snapshot = found[parsed->name];
    snapshot.name = parsed->name;
    snapshot.newest_s = std::max(snapshot.newest_s, object.modified_s);
    if (parsed->kind == "files") snapshot.files.push_back(object.name);
    if (parsed->kind != "listing") continue;
    snapshot.gaps |= parsed->page != snapshot.listings.size();
    snapshot.listings.push_back(object.name);
  }
  std::vector<Snapshot> snapshots;
  for (auto& [name, snapshot] : found) snapshots.push_back(std::move(snapshot));
  return snapshots;
}

schema::Result<std::optional<Staging::Snapshot>> Staging::find(const StagedName& name) {
  auto all = list(name.target);
  if (!all) return std::move(all).error();
  for (auto& snapshot : *all) {
    if (snapshot.name == name) return std::optional(std::move(snapshot));
  }
  return std::optional<Snapshot>();
}

schema::Result<std::optional<std::vector<Page>>> Staging::pages(const Snapshot& snapshot) {
  std::optional<std::vector<Page>> none;
  if (snapshot.gaps || snapshot.listings.empty()) return none;
  const auto read = [&](const std::string& object) -> schema::Result<Page> {
    const auto bytes = store::read_object(store_, object, kMaxStagedListing);
    if (!bytes) return bytes.error();
    auto page = decode_page(*bytes);
    if (!page) return std::move(page).error().in(object);
    return page;
  };
  auto last = read(snapshot.listings.back());
  if (!last) return std::move(last).error();
  if (!body_of(last->event).last.value_or(false)) return none;
  std::vector<Page> pages;
  for (std::size_t i = 0; i + 1 < snapshot.listings.size(); ++i) {
    auto page = read(snapshot.listings[i]);
    if (!page) return std::move(page).error();
    pages.push_back(std::move(*page));
  }
  pages.push_back(std::move(*last));
  return std::optional(std::move(pages));
}

// Listings first: what is left of a removal that was broken off is no whole snapshot.
schema::Status Staging::remove(const Snapshot& snapshot) {
  for (const auto* names : {&snapshot.listings, &snapshot.files}) {
    for (auto name = names->rbegin(); name != names->rend(); ++name) {
      if (auto removed = store_.remove(*name); !removed) return removed;
    }
  }
  return {};
}

}  // namespace fuzzmill::workers
