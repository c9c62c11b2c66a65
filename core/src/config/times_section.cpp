// Training times: a list, or a range that is expanded here.
#include "base/sizes.hpp"
#include "config/sections.hpp"

#include <cmath>
#include <limits>

namespace widelimit::detail {

namespace {

constexpr const char* too_many = "more than 10,000,000 times in all";
constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> read_list(Reading& reading, const Value& times, const std::string& pointer) {
  std::vector<double> values;
  const Value::Array& items = *times.array();
  if (items.empty()) reading.report.add(times, pointer, "must have at least 1 time, got none");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto number = items[i].number();
    if (items[i].is_reported()) continue;
    if (number && *number >= 0)
      values.push_back(*number);
    else if (items[i].string() != nullptr && *items[i].string() == "inf")
      values.push_back(infinity);
    else
      reading.report.add(items[i], child(pointer, i),
                         "must be a number >= 0 or \"inf\", got " + short_json(items[i]));
  }
  return values;
}

/// start + i step for i < round((stop - start) / step).
std::vector<double> by_step(Reading& reading, const Value& range, const std::string& pointer) {
  const double start = number_of(range, "start"), step = number_of(range, "step");
  const double count = std::round((number_of(range, "stop") - start) / step);
  if (count < 1 || count > reading.times_left) {
    reading.report.add(*range.find("step"), child(pointer, "step"),
                       count < 1 ? "is too large: not one time lies between start and stop"
                                 : std::string("is too small: ") + too_many);
    return {};
  }
  reading.times_left -= count;
  std::vector<double> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = start + static_cast<double>(i) * step;
  return values;
}

std::vector<double> by_number(Reading& reading, const Value& range, const std::string& pointer) {
  const double start = number_of(range, "start"), stop = number_of(range, "stop");
  const bool log = string_of(range, "spacing") == "log";
  const Value& num = *range.find("num");
  const auto count = static_cast<double>(*num.integer());
  if (count > reading.times_left)
    reading.report.add(num, child(pointer, "num"), std::string("is too large: ") + too_many);
  if (log && start == 0)
    reading.report.add(*range.find("start"), child(pointer, "start"),
                       "must be > 0 where \"spacing\" is \"log\", got 0");
  if (count > reading.times_left || (log && start == 0)) return {};
  reading.times_left -= count;
  return spaced(start, stop, to_size(*num.integer()), log);
}

std::vector<double> read_range(Reading& reading, Value& range, const std::string& pointer) {
  if (!reading.conforms(own_schema("range"), range, pointer, {"a range of times"})) return {};
  const Value *step = range.find("step"), *num = range.find("num"),
              *spacing = range.find("spacing");
  if ((step == nullptr) == (num == nullptr)) {
    reading.report.add(range, pointer,
                       step == nullptr
                           ? "needs \"step\" or \"num\": how far apart times are, or how many"
                           : "takes \"step\" or \"num\", not both; remove one");
    return {};
  }
  if (step != nullptr && spacing != nullptr)
    reading.report.add(*spacing, child(pointer, "spacing"),
                       "goes with \"num\"; times by \"step\" are evenly spaced");
  if (number_of(range, "stop") <= number_of(range, "start")) {
    reading.report.add(*range.find("stop"), child(pointer, "stop"),
                       "must be > start, which is " + short_json(*range.find("start")) + ", got " +
                           short_json(*range.find("stop")));
    return {};
  }
  if (step != nullptr) return by_step(reading, range, pointer);
  if (spacing == nullptr)
    set_member(range, "spacing", {.data = std::string("linear"), .origin = range.origin});
  return by_number(reading, range, pointer);
}

}  // namespace

std::vector<double> spaced(double start, double stop, std::size_t num, bool log) {
  std::vector<double> values(num);
  const double last = static_cast<double>(num - 1);
  const double ratio = log ? std::log(stop) - std::log(start) : 0;
  for (std::size_t i = 0; i < num; ++i) {
    const double along = static_cast<double>(i) / last;
    values[i] = log ? start * std::exp(ratio * along) : start + (stop - start) * along;
  }
  values.front() = start;
  values.back() = stop;
  return values;
}

Times read_times(Reading& reading, Value& times, const std::string& pointer) {
  if (times.array() != nullptr) return {read_list(reading, times, pointer), false};
  if (times.object() != nullptr) return {read_range(reading, times, pointer), true};
  reading.report.add(times, pointer,
                     "must be a list of times, as in [0, 100, \"inf\"], or a range, as in "
                     "{\"start\": 0, \"stop\": 1000, \"step\": 0.1}, got " +
                         short_json(times));
  return {};
}

}  // namespace widelimit::detail
