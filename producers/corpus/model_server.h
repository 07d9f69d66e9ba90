// For tests: the server's side of snapshots and sharing in memory, as an outbox and as answers to questions.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "producers/outbox.h"
#include "producers/questions.h"
#include "schema/corpus_listing.h"
#include "store/archive/archive_reader.h"

namespace fuzzmill::producers {

class ModelServer final : public Outbox, public Questions {
 public:
  using Tree = std::map<std::string, schema::Sha256>;  // name to content

  // --- the state, for tests to read and to set; under `mutex` when threads run ---
  std::mutex mutex;
  std::map<schema::Sha256, std::string> have;  // contents
  Tree newest;                                 // of the newest whole snapshot
  std::string newest_id;
  std::vector<std::string> whole;                     // snapshots, in the order they arrived
  std::vector<schema::CorpusSnapshot> bodies;         // of all pages
  std::vector<std::string> problems;                  // what should not have come
  std::uint64_t bytes_arrived = 0, hashes_asked = 0;  // of the contents that travelled
  std::uint64_t spool_bytes = 0;
  std::function<schema::Status()> may_ask = [] { return schema::Status(); };
  std::function<schema::Status()> may_publish = [] { return schema::Status(); };
  std::vector<schema::Order> orders;
  std::vector<schema::OrderReport> reports;
  std::vector<std::pair<std::string, schema::SharedInput>> given;  // target and input, of all nodes
  std::uint64_t offered = 0, imported = 0, dropped = 0;
  std::uint64_t questions = 0;  // of all kinds

  // Whoever waits for something to happen here.
  std::mutex news_mutex;
  std::condition_variable news;

  schema::Result<schema::EventId> publish(schema::Event event,
                                          std::vector<broker::Attachment> attachments) override {
    const std::lock_guard lock(mutex);
    news.notify_all();
    if (auto may = may_publish(); !may) return std::move(may).error();
    if (const auto* page = std::get_if<schema::CorpusSnapshot>(&event.body)) take(*page, attachments);
    return schema::EventId::of(1, ++events_);
  }
  schema::Result<bool> publish_once(const std::string&, schema::Event,
                                    std::vector<broker::Attachment>) override {
    return false;
  }
  bool published(const std::string&) override { return false; }
  broker::SpoolState spool() override {
    const std::lock_guard lock(mutex);
    broker::SpoolState state;
    state.bytes = spool_bytes;
    return state;
  }

  schema::Result<schema::BaseTold> ask(const schema::BaseAsked&) override {
    const std::lock_guard lock(mutex);
    if (auto may = asked_now(); !may) return std::move(may).error();
    return schema::BaseTold{newest_id};
  }
  schema::Result<schema::LacksTold> ask(const schema::LacksAsked& asked) override {
    const std::lock_guard lock(mutex);
    if (auto may = asked_now(); !may) return std::move(may).error();
    hashes_asked += asked.hashes.size() / 32;
    schema::LacksTold told;
    for (const auto& hash : split(asked.hashes)) told.lacks.push_back(have.contains(hash) ? 0 : 1);
    return told;
  }
  schema::Result<schema::OfferTold> ask(const schema::OfferAsked& asked) override {
    const std::lock_guard lock(mutex);
    if (auto may = asked_now(); !may) return std::move(may).error();
    offered += asked.hashes.size() / 32;
    schema::OfferTold told;
    for (const auto& hash : split(asked.hashes)) told.lacks.push_back(known(hash) ? 0 : 1);
    return told;
  }
  schema::Result<schema::GiveTold> ask(const schema::GiveAsked& asked) override {
    const std::lock_guard lock(mutex);
    if (auto may = asked_now(); !may) return std::move(may).error();
    schema::GiveTold told;
    for (const auto& input : asked.inputs) {
      if (schema::sha256(input.bytes) != input.sha256) problems.push_back("an input that is not its hash");
      given.emplace_back(asked.target, input);
      ++told.accepted;
    }
    return told;
  }
  schema::Result<schema::SharedTold> ask(const schema::SharedAsked& asked) override {
    const std::lock_guard lock(mutex);
    if (auto may = asked_now(); !may) return std::move(may).error();
    imported += asked.imported;
    dropped += asked.dropped;
    schema::SharedTold told;
    auto at = asked.cursor.empty() ? for_node.size() : std::stoul(asked.cursor);
    std::uint64_t bytes = 0;
    for (; at < for_node.size() && told.inputs.size() < asked.inputs; ++at) {
      if (!told.inputs.empty() && bytes + for_node[at].size() > asked.bytes) break;
      bytes += for_node[at].size();
      told.inputs.push_back({schema::sha256(for_node[at]), for_node[at]});
    }
    told.cursor = std::to_string(at);
    return told;
  }
  schema::Result<schema::OrdersTold> ask(const schema::OrdersAsked& asked) override {
    const std::lock_guard lock(mutex);
    if (auto may = asked_now(); !may) return std::move(may).error();
    for (const auto& report : asked.reports) {
      reports.push_back(report);
      const bool ends = report.target.empty() && report.state != "taken";
      if (ends) std::erase_if(orders, [&](const auto& order) { return order.id == report.id; });
    }
    return schema::OrdersTold{orders};
  }

  std::vector<std::string> for_node;  // inputs that other nodes gave

 private:
  struct Arriving {
    std::string base;
    std::uint64_t next = 0;
    schema::Sha256 last{};
    Tree tree;
  };

  schema::Status asked_now() {
    ++questions;
    news.notify_all();
    return may_ask();
  }
  static std::vector<schema::Sha256> split(const std::string& hashes) {
    std::vector<schema::Sha256> found(hashes.size() / 32);
    for (std::size_t i = 0; i < found.size(); ++i) std::copy_n(hashes.data() + 32 * i, 32, found[i].begin());
    return found;
  }
  bool known(const schema::Sha256& hash) const {
    for (const auto& [target, input] : given) {
      if (input.sha256 == hash) return true;
    }
    return std::any_of(for_node.begin(), for_node.end(),
                       [&](const auto& bytes) { return schema::sha256(bytes) == hash; });
  }

  void take(const schema::CorpusSnapshot& page, const std::vector<broker::Attachment>& attachments) {
    bodies.push_back(page);
    auto& arriving = arriving_[page.snapshot.value_or("")];
    if (page.page == 0u && page.base) {
      arriving.base = *page.base;
      if (arriving.base != newest_id) problems.push_back("a base that is not the newest");
      arriving.tree = newest;
    }
    if (page.page != arriving.next++) problems.push_back("a page out of order");
    for (const auto& attachment : attachments) {
      if (attachment.name == "files") take_files(attachment.bytes);
    }
    for (const auto& attachment : attachments) {
      if (attachment.name == "listing") take_listing(attachment.bytes, arriving);
    }
    if (!page.last.value_or(false)) return;
    newest = std::move(arriving.tree);
    newest_id = *page.snapshot;
    whole.push_back(newest_id);
    arriving_.clear();
  }

  void take_files(const std::string& bytes) {
    auto reader =
        store::ArchiveReader::open(store::bytes_source(bytes), store::ArchiveReader::Manifest::kNone);
    if (!reader) return problems.push_back(reader.error().message);
    for (;;) {
      auto file = (*reader)->next();
      if (!file) return problems.push_back(file.error().message);
      if (!*file) return;
      if (!have.emplace((*file)->sha256, std::string((*file)->bytes)).second) {
        problems.push_back("bytes that were not lacking");
      }
      bytes_arrived += (*file)->bytes.size();
    }
  }

  void take_listing(const std::string& bytes, Arriving& arriving) {
    const auto listing = schema::decode_listing(bytes);
    if (!listing) return problems.push_back(listing.error().message);
    for (const auto& file : listing->files) {
      if (file.sha256 < arriving.last) problems.push_back("listings out of order");
      arriving.last = file.sha256;
      const auto content = have.find(file.sha256);
      if (content == have.end() || content->second.size() != file.size) {
        problems.push_back("a file whose bytes never came: " + file.name);
      }
      arriving.tree[file.name] = file.sha256;
    }
    for (const auto& name : listing->gone) {
      if (arriving.tree.erase(name) == 0) problems.push_back("gone, and never there: " + name);
    }
  }

  std::map<std::string, Arriving> arriving_;
  std::uint64_t events_ = 0;
};

}  // namespace fuzzmill::producers
