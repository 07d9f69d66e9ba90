#include "store/orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "schema/event.h"
#include "schema/keys.h"
#include "store/number.h"

namespace fuzzmill::store {
namespace {

using nlohmann::json;
using schema::Result;
using schema::Status;
namespace keys = schema::keys;

constexpr std::size_t kMaxWord = 256;    // what an order says
constexpr std::size_t kMaxWords = 1024;  // what a node says of it
constexpr std::size_t kMaxParts = 4096;  // of an order: a node shall not fill Redis with targets
constexpr std::size_t kMaxNodes = 1024;  // that one order is given to

// KEYS order, then orders of each node
// ARGV id, order (JSON), given (JSON), life in ms, most orders of a node, number of fields, then fields and
//      values of the order, then a field for each node
// → 1, or 0 when a node has too many
constexpr char kGive[] = R"lua(
local life, most, fields = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
if redis.call('EXISTS', KEYS[1]) == 1 then return 1 end
for i = 2, #KEYS do
  if redis.call('HLEN', KEYS[i]) >= most then return 0 end
end
for i = 1, fields do redis.call('HSET', KEYS[1], ARGV[5 + 2 * i], ARGV[6 + 2 * i]) end
for i = 2, #KEYS do
  redis.call('HSET', KEYS[1], ARGV[6 + 2 * fields + i - 1], ARGV[3])
  redis.call('HSET', KEYS[i], ARGV[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[i], life)
end
redis.call('PEXPIRE', KEYS[1], life)
return 1
)lua";

// KEYS order, orders of the node
// ARGV id, field of the node, target of the report, report (JSON), its state, most fields
constexpr char kReport[] = R"lua(
local node, target, state = ARGV[2], ARGV[3], ARGV[5]
if redis.call('HEXISTS', KEYS[1], node) == 0 then return 0 end
local of = redis.call('HGET', KEYS[1], 'target')
local whole = target == '' or target == of
local field = whole and node or node .. target
local function ended(word) return word == 'done' or word == 'failed' end
local past = redis.call('HGET', KEYS[1], field)
if past and ended(cjson.decode(past).state) then return 0 end
if not past and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[6]) then return 0 end
redis.call('HSET', KEYS[1], field, ARGV[4])
if whole and ended(state) then redis.call('HDEL', KEYS[2], ARGV[1]) end
return 1
)lua";

bool is_id(std::string_view id) {
  return id.size() == 16 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Whatever bytes it has: what is no UTF-8 is replaced.
std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string text_in(const json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
std::uint64_t number_in(const json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::string pack(const schema::Order& order) {
  return text_of({{"id", order.id},
                  {"order", order.order},
                  {"target", order.target},
                  {"by", order.by},
                  {"time_ms", order.time_ms}});
}

schema::Order unpack_order(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return {};
  return {text_in(object, "id"), text_in(object, "order"), text_in(object, "target"), text_in(object, "by"),
          number_in(object, "time_ms")};
}

std::string pack(const OrderPart& part) {
  return text_of({{"state", part.state},
                  {"text", part.text},
                  {"snapshot", part.snapshot},
                  {"time_ms", part.time_ms},
                  {"sent_bytes", part.sent_bytes}});
}

OrderPart unpack_part(std::string_view field, const std::string& text) {
  const auto slash = field.find('/');
  OrderPart part;
  part.node = field.substr(0, slash), part.target = field.substr(slash + 1);
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return part;
  part.state = text_in(object, "state"), part.text = text_in(object, "text");
  part.snapshot = text_in(object, "snapshot"), part.time_ms = number_in(object, "time_ms");
  part.sent_bytes = number_in(object, "sent_bytes");
  return part;
}

Status check(const schema::Order& order, const std::vector<std::string>& nodes) {
  if (!is_id(order.id)) return schema::invalid("the id of an order is 16 hex digits");
  if (!schema::valid_name(order.order)) return schema::invalid("an order is one word");
  if (!order.target.empty() && !schema::valid_name(order.target))
    return schema::invalid(fmt::format("'{}' is no name of a target", order.target.substr(0, 64)));
  if (order.by.size() > kMaxWord) return schema::invalid("who gives the order has too long a name");
  if (nodes.empty()) return schema::invalid("an order is for at least one node");
  if (nodes.size() > kMaxNodes) return schema::too_large("an order is for too many nodes");
  for (const std::string& node : nodes) {
    if (!schema::valid_name(node))
      return schema::invalid(fmt::format("'{}' is no name of a node", node.substr(0, 64)));
  }
  return {};
}

}  // namespace

bool OrderStatus::ended() const {
  return std::all_of(parts.begin(), parts.end(), [](const OrderPart& part) {
    return !part.target.empty() || part.state == "done" || part.state == "failed";
  });
}

Status Orders::give(const schema::Order& order, const std::vector<std::string>& nodes) {
  static const Script script(kGive);
  if (auto checked = check(order, nodes); !checked) return checked;
  const std::vector<std::string> fields = {"order", order.order, "target",  order.target,
                                           "by",    order.by,    "time_ms", std::to_string(order.time_ms)};
  ScriptCall call{
      {keys::order(order.id)},
      {order.id, pack(order), pack(OrderPart{"", "", "given", "", "", order.time_ms, 0}),
       std::to_string(kOrderLifeMs), std::to_string(schema::kMaxOrders), std::to_string(fields.size() / 2)}};
  call.arguments.insert(call.arguments.end(), fields.begin(), fields.end());
  for (const std::string& node : nodes) {
    call.keys.push_back(keys::orders(node));
    call.arguments.push_back(node + "/");
  }
  const auto given = redis_.run(script, {std::move(call)});
  if (!given) return schema::Error(given.error());
  if (given->front().integer == 0)
    return schema::conflict(
        fmt::format("a node has {} orders that it did not end; none was given", schema::kMaxOrders));
  return {};
}

Result<std::vector<schema::Order>> Orders::pending(const std::string& node, std::uint64_t now_ms) {
  if (!schema::valid_name(node)) return schema::invalid("that is no name of a node");
  const auto hash = redis_.command({"HGETALL", keys::orders(node)});
  if (!hash) return hash.error();
  std::vector<schema::Order> orders;
  for (std::size_t i = 0; i + 1 < hash->items.size(); i += 2) {
    schema::Order order = unpack_order(hash->items[i + 1].text);
    if (order.id == hash->items[i].text && order.time_ms + kOrderLifeMs > now_ms) {
      orders.push_back(std::move(order));
    } else {  // the hash lives as long as its newest order
      redis_.append({"HDEL", keys::orders(node), hash->items[i].text});
    }
  }
  if (redis_.pending() > 0) {
    if (const auto removed = redis_.flush(); !removed) return removed.error();
  }
  std::sort(orders.begin(), orders.end(), [](const schema::Order& a, const schema::Order& b) {
    return std::tie(a.time_ms, a.id) < std::tie(b.time_ms, b.id);
  });
  return orders;
}

Status Orders::report(const std::string& node, const schema::OrderReport& report, std::uint64_t now_ms) {
  static const Script script(kReport);
  if (!is_id(report.id)) return schema::invalid("the id of an order is 16 hex digits");
  if (!schema::valid_name(node)) return schema::invalid("that is no name of a node");
  if (!report.target.empty() && !schema::valid_name(report.target))
    return schema::invalid("the report's target is no name");
  OrderPart part{node, report.target, report.state, report.text.substr(0, kMaxWords), report.snapshot, now_ms,
                 0};
  part.sent_bytes = report.sent_bytes;
  const auto kept = redis_.run(
      script,
      {{{keys::order(report.id), keys::orders(node)},
        {report.id, node + "/", report.target, pack(part), report.state, std::to_string(kMaxParts)}}});
  if (!kept) return schema::Error(kept.error());
  return {};
}

Result<OrderStatus> Orders::status(const std::string& id) {
  if (!is_id(id)) return schema::invalid("the id of an order is 16 hex digits");
  const auto hash = redis_.command({"HGETALL", keys::order(id)});
  if (!hash) return hash.error();
  if (hash->items.empty())
    return schema::not_found(fmt::format("there is no order {}, or it was given over a week ago", id));
  OrderStatus status;
  status.order.id = id;
  for (std::size_t i = 0; i + 1 < hash->items.size(); i += 2) {
    const std::string &field = hash->items[i].text, &value = hash->items[i + 1].text;
    if (field == "order") status.order.order = value;
    if (field == "target") status.order.target = value;
    if (field == "by") status.order.by = value;
    if (field == "time_ms") status.order.time_ms = number(value);
    if (field.find('/') != std::string::npos) status.parts.push_back(unpack_part(field, value));
  }
  std::sort(status.parts.begin(), status.parts.end(), [](const OrderPart& a, const OrderPart& b) {
    return std::tie(a.node, a.target) < std::tie(b.node, b.target);
  });
  return status;
}

}  // namespace fuzzmill::store
