// Three bytes an order: what, how, how much.
#include "crew.h"

namespace {

using crew::Shop;

volatile long g_seen;

void ledger_day(Shop& shop, char how, int amount) {
  if (how == 'b') {
    crew::together([&] { shop.book(amount); }, [&] { shop.correct(amount); });
  } else if (how == 'r') {
    crew::together([&] { g_seen = shop.read_total(); }, [&] { shop.correct(amount); });
  } else {
    crew::together([&] { shop.correct(1); }, [&] { shop.correct(amount); });
  }
}

void peak_day(Shop& shop, int amount) {
  crew::together([&] { shop.book_peak(amount); }, [&] { shop.book_peak(amount + 1); });
}

void queue_day(Shop& shop, char how, int value) {
  if (how == 'p') {
    crew::together([&] { shop.push(value); }, [&] { shop.push_urgent(value); });
  } else if (how == 'o') {
    crew::together([&] { g_seen = shop.pop(); }, [&] { shop.push_urgent(value); });
  } else {
    crew::together([&] { shop.push_urgent(1); }, [&] { shop.push_urgent(value); });
  }
}

void order_day(Shop& shop, size_t one, size_t other) {
  std::thread mover([&] { shop.move(one, other, 1); });
  mover.join();
  std::thread auditor([&] { shop.audit(one, other); });
  auditor.join();
}

void settings_day(Shop& shop, char how) {
  if (how == 'l') {
    crew::together([&] { g_seen = shop.settings().limit; }, [&] { g_seen = shop.settings().burst; });
  } else {
    crew::together([&] { g_seen = shop.settings().limit; }, [&] { shop.settings().limit = 9; });
  }
}

void flag_day(Shop& shop, char how) {
  if (how == 's') {
    crew::together([&] { shop.stop(); }, [&] { g_seen = shop.stopped() ? 1 : 0; });
  } else {
    crew::together([&] { shop.publish(4); }, [&] { g_seen = shop.consume(); });
  }
}

}  // namespace

extern "C" int run_input(const uint8_t* data, size_t size) {
  Shop shop;
  for (size_t i = 0; i + 2 < size && i < 30; i += 3) {
    const char how = static_cast<char>(data[i + 1]);
    const int amount = data[i + 2];
    switch (data[i]) {
      case 'l':
        ledger_day(shop, how, amount);
        break;
      case 'k':
        peak_day(shop, amount);
        break;
      case 'q':
        queue_day(shop, how, amount);
        break;
      case 'o':
        order_day(shop, data[i + 1], data[i + 2]);
        break;
      case 's':
        settings_day(shop, how);
        break;
      case 'f':
        flag_day(shop, how);
        break;
      case 'j':
        crew::late_job(how);
        break;
      case 'd':
        crew::detached_sum(data[i + 2], how);
        break;
      case 'u':
        crew::unlock_twice(how);
        break;
      default:
        break;
    }
  }
  return 0;
}
