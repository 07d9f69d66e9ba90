// Alerts as text for each sink. Crash text is hostile: it is made printable for a log, escaped for JSON and
// for Slack's markup. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "schema/event.h"
#include "store/crash_index.h"

namespace fuzzmill::workers {

// One line without its end: 2025-06-15T15:06:40Z HIGH group.new <group> node=… target=… kind=… "title" id=…
std::string alert_line(const schema::Event& alert);

// The body of a webhook. Keys: version, id, alert, severity, subject, kind, title, text, count, node,
// target, time_ms.
std::string alert_json(const schema::Event& alert);

// {"text": …} as Slack's incoming webhooks take it.
std::string alert_slack(const schema::Event& alert);

// &, < and > as Slack wants them, so that text cannot make links or mention anybody.
std::string escape_slack(std::string_view text);

// The alert that a claim raises about the crash that claimed it.
schema::Event alert_event(const schema::Event& crash, const store::AlertClaim& claim,
                          std::uint64_t alerts_per_hour);

}  // namespace fuzzmill::workers
