#include "broker/lane.h"

#include "tests/catch.h"

using fuzzmill::broker::Lane;

TEST_CASE("an acknowledgement frees the window up to its sequence") {
  Lane lane(1);
  lane.on_sent(3, 3, 100 * 3, 0);
  lane.on_sent(6, 3, 100 * 3, 0);
  CHECK(lane.in_flight() == 6);
  CHECK_FALSE(lane.may_send(0, 6, 1000));
  CHECK(lane.on_ack(3, 1) == 3);
  CHECK(lane.in_flight() == 3);
  CHECK(lane.sent() == 6);
  CHECK(lane.on_ack(3, 1) == 0);
  CHECK(lane.on_ack(6, 1) == 3);
}

TEST_CASE("large events fill the window by their bytes") {
  Lane lane(1);
  lane.on_sent(1, 1, 600, 0);
  CHECK(lane.may_send(0, 10, 1000));
  lane.on_sent(2, 1, 600, 0);
  CHECK_FALSE(lane.may_send(0, 10, 1000));
  lane.on_ack(1, 0);
  CHECK(lane.bytes_in_flight() == 600);
  CHECK(lane.may_send(0, 10, 1000));
}

TEST_CASE("a rewind starts again after what the broker has") {
  Lane lane(1);
  lane.on_sent(3, 3, 100 * 3, 0);
  lane.on_sent(6, 3, 100 * 3, 0);
  lane.on_rewind(2, 0);
  CHECK(lane.sent() == 2);
  CHECK(lane.in_flight() == 0);
}

TEST_CASE("a busy lane waits, and the rewinds of what followed are old news") {
  Lane lane(1);
  lane.on_sent(3, 3, 100 * 3, 0);
  lane.on_sent(6, 3, 100 * 3, 0);
  lane.on_busy(0, 1000, 10);
  CHECK(lane.sent() == 0);
  CHECK_FALSE(lane.may_send(1009, 10, 1000));
  lane.on_rewind(5, 500);
  CHECK(lane.sent() == 0);
  CHECK(lane.may_send(1010, 10, 1000));
}

TEST_CASE("silence makes a lane overdue only while something is in flight") {
  Lane lane(1);
  CHECK_FALSE(lane.overdue(100'000, 5000));
  lane.on_sent(1, 1, 100 * 1, 100);
  CHECK_FALSE(lane.overdue(5100, 5000));
  CHECK(lane.overdue(5101, 5000));
  lane.on_ack(1, 200);
  CHECK_FALSE(lane.overdue(100'000, 5000));
  lane.on_sent(2, 1, 100 * 1, 300);
  lane.restart();
  CHECK(lane.sent() == 0);
  CHECK_FALSE(lane.overdue(100'000, 5000));
}
