// Ridges: one, a list, or a range that is expanded here.
#include "base/sizes.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <cmath>

namespace widelimit::detail {

namespace {

constexpr std::size_t most_ridges = 1000;

std::vector<double> read_list(Reading& reading, const Value& list, const std::string& pointer) {
  std::vector<double> values;
  const Value::Array& items = *list.array();
  if (items.empty()) reading.report.add(list, pointer, "must have at least 1 ridge, got none");
  if (items.size() > most_ridges)
    reading.report.add(list, pointer,
                       "must have at most 1000 ridges, got " + std::to_string(items.size()));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto number = items[i].number();
    if (items[i].is_reported()) continue;
    if (!number || *number < 0)
      reading.report.add(items[i], child(pointer, i),
                         "must be a number >= 0, got " + short_json(items[i]));
    else if (std::find(values.begin(), values.end(), *number) != values.end())
      reading.report.add(items[i], child(pointer, i), short_json(items[i]) + " is given twice");
    else
      values.push_back(*number);
  }
  return values;
}

std::vector<double> read_range(Reading& reading, Value& range, const std::string& pointer) {
  if (!reading.conforms(own_schema("diag_reg_range"), range, pointer, {"a range of ridges"}))
    return {};
  const double start = number_of(range, "start"), stop = number_of(range, "stop");
  const bool log = string_of(range, "spacing") == "log";
  const std::size_t before = reading.report.size();
  if (log && start == 0)
    reading.report.add(*range.find("start"), child(pointer, "start"),
                       "must be > 0 where \"spacing\" is \"log\", got 0");
  if (stop <= start)
    reading.report.add(*range.find("stop"), child(pointer, "stop"),
                       "must be > start, which is " + short_json(*range.find("start")) + ", got " +
                           short_json(*range.find("stop")));
  if (reading.report.size() != before) return {};
  return spaced(start, stop, to_size(integer_of(range, "num")), log);
}

}  // namespace

DiagReg read_diag_reg(Reading& reading, Value& value, const std::string& pointer) {
  if (value.array() != nullptr) return {0, read_list(reading, value, pointer)};
  if (value.object() != nullptr) return {0, read_range(reading, value, pointer)};
  const auto number = value.number();
  if (number && (*number >= 0 || std::isnan(*number))) return {*number, {}};  // NaN is reported
  reading.report.add(
      value, pointer,
      number ? "must be >= 0, got " + short_json(value) + "   (number, default 0)"
             : "must be a number >= 0, a list of such, as in [1e-4, 1e-2], or a range, as in "
               "{\"start\": 1e-6, \"stop\": 1, \"num\": 13}, got " +
                   short_json(value));
  return {};
}

}  // namespace widelimit::detail
