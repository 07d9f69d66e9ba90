#include "broker/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "schema/event.h"
#include "store/orders.h"

namespace fuzzmill::broker {
namespace {

using schema::AnswerCode;
using schema::Result;

constexpr std::size_t kMaxReason = 512;

Result<schema::BaseTold> reply(const Desk& desk, const std::string& node, const schema::BaseAsked& asked) {
  return store::CorpusDesk(desk.redis, desk.sharing).base(node, asked);
}
Result<schema::LacksTold> reply(const Desk& desk, const std::string&, const schema::LacksAsked& asked) {
  return store::CorpusDesk(desk.redis, desk.sharing).lacks(asked);
}
Result<schema::OfferTold> reply(const Desk& desk, const std::string&, const schema::OfferAsked& asked) {
  return store::CorpusDesk(desk.redis, desk.sharing).offer(asked);
}
Result<schema::GiveTold> reply(const Desk& desk, const std::string& node, const schema::GiveAsked& asked) {
  return store::CorpusDesk(desk.redis, desk.sharing).give(node, asked, desk.now_ms);
}
Result<schema::SharedTold> reply(const Desk& desk, const std::string& node,
                                 const schema::SharedAsked& asked) {
  return store::CorpusDesk(desk.redis, desk.sharing).shared(node, asked);
}
Result<schema::OrdersTold> reply(const Desk& desk, const std::string& node,
                                 const schema::OrdersAsked& asked) {
  store::Orders orders(desk.redis);
  for (const schema::OrderReport& report : asked.reports) {
    if (auto kept = orders.report(node, report, desk.now_ms); !kept) return std::move(kept).error();
  }
  auto pending = orders.pending(node, desk.now_ms);
  if (!pending) return std::move(pending).error();
  return schema::OrdersTold{std::move(pending).value()};
}

template <class Asked>
Result<std::string> answer_as(const Desk& desk, const std::string& node, std::string_view body) {
  const auto asked = schema::decode_body<Asked>(body);
  if (!asked) return asked.error();
  auto told = reply(desk, node, *asked);
  if (!told) return std::move(told).error();
  return schema::encode_body(*told);
}

struct Question {
  std::string_view name;
  Result<std::string> (*answer)(const Desk&, const std::string&, std::string_view);
};
template <class Asked>
constexpr Question question() {
  return {Asked::kQuestion, answer_as<Asked>};
}
constexpr std::array kQuestions = {
    question<schema::BaseAsked>(), question<schema::LacksAsked>(),  question<schema::OfferAsked>(),
    question<schema::GiveAsked>(), question<schema::SharedAsked>(), question<schema::OrdersAsked>(),
};

AnswerCode code_of(schema::ErrorCode code) {
  switch (code) {
    case schema::ErrorCode::kInvalid:
    case schema::ErrorCode::kTooLarge:
      return AnswerCode::kInvalid;
    default:
      return AnswerCode::kUnavailable;  // ours to mend: the node asks again later
  }
}

}  // namespace

Result<std::string> asking_node(const Identity& identity, std::string_view node) {
  if (identity.role != Role::kNode && identity.role != Role::kOperator)
    return schema::denied(fmt::format("a key of role {} may not ask", name(identity.role)));
  const bool any = identity.role == Role::kOperator || identity.name == "*";
  if (node.empty() && !any) node = identity.name;
  if (!schema::valid_name(node))
    return schema::denied(fmt::format("the key '{}' has to say for which node it asks", user_id(identity)));
  if (!any && node != identity.name) {
    return schema::denied(fmt::format("the key of node '{}' may not ask for node '{}'", identity.name, node));
  }
  return std::string(node);
}

Told answer(const Desk& desk, const std::string& node, std::string_view question, std::string_view body) {
  const auto found = std::find_if(kQuestions.begin(), kQuestions.end(),
                                  [&](const Question& known) { return known.name == question; });
  if (found == kQuestions.end())
    return {AnswerCode::kUnknown, fmt::format("no question is named '{}'", question.substr(0, 32)), {}};
  auto body_told = found->answer(desk, node, body);
  if (body_told) return {AnswerCode::kOk, {}, std::move(body_told).value()};
  return {code_of(body_told.error().code), body_told.error().message.substr(0, kMaxReason), {}};
}

}  // namespace fuzzmill::broker
