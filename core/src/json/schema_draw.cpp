// Draws random values that a schema accepts, and makes values that it must refuse.
#include "base/sizes.hpp"
#include "json/schema.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace widelimit::detail {

namespace {

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers with every standard library.
std::uint64_t next(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::uint64_t below(std::uint64_t n, std::uint64_t& state) { return next(state) % n; }

/// In (0, 1), away from both ends.
double fraction(std::uint64_t& state) {
  return 0.02 + 0.96 * static_cast<double>(next(state) >> 11) * 0x1p-53;
}

/// The interval to draw from. If the schema bounds one side, a few units from that bound; if it
/// bounds neither, around zero.
Bounds moderate(Bounds b) {
  constexpr double reach = 3;
  if (std::isinf(b.low)) b.low = std::min(-reach, b.high - reach);
  if (std::isinf(b.high)) b.high = std::max(reach, b.low + reach);
  return b;
}

double draw_number(const Value& schema, std::uint64_t& state) {
  const Bounds b = moderate(bounds_of(schema));
  const double number = b.low + (b.high - b.low) * fraction(state);
  const double rounded = std::round(number * 1000) / 1000;  // short to read
  const double chosen = rounded > b.low && rounded < b.high ? rounded : number;
  // If the interval is a single number or overflows, its end is the only choice.
  const bool inside = chosen > b.low && chosen < b.high;
  return inside ? chosen : b.low_excluded ? b.high : b.low;
}

std::int64_t draw_integer(const Value& schema, std::uint64_t& state) {
  const Bounds b = moderate(bounds_of(schema));
  constexpr double exact = 9007199254740992.0;
  double low = std::ceil(b.low), high = std::floor(b.high);
  if (b.low_excluded && low == b.low) ++low;
  if (b.high_excluded && high == b.high) --high;
  low = std::clamp(low, -exact, exact);
  high = std::clamp(high, low, std::min(low + 9, exact));
  const auto steps = static_cast<std::uint64_t>(high - low) + 1;
  return static_cast<std::int64_t>(low) + static_cast<std::int64_t>(below(steps, state));
}

std::string draw_word(std::uint64_t& state) {
  std::string word;
  const std::uint64_t letters = 1 + below(8, state);
  for (std::uint64_t i = 0; i < letters; ++i)
    word += static_cast<char>('a' + static_cast<char>(below(26, state)));
  return word;
}

Value draw_value(const Value& schema, std::uint64_t& state);

Value draw_list(const Value& schema, std::uint64_t& state) {
  const Value *least = schema.find("minItems"), *most = schema.find("maxItems");
  const std::int64_t from = least != nullptr ? *least->integer() : 0;
  const std::int64_t to = most != nullptr ? std::min(*most->integer(), from + 3) : from + 3;
  const auto more = below(static_cast<std::uint64_t>(to - from) + 1, state);
  Value list{.data = Value::Array{}};
  for (std::int64_t i = 0; i < from + static_cast<std::int64_t>(more); ++i)
    list.array()->push_back(draw_value(*schema.find("items"), state));
  return list;
}

/// Draws a value of a property or an item.
Value draw_value(const Value& schema, std::uint64_t& state) {
  if (const Value* choices = schema.find("enum"))
    return (*choices->array())[below(choices->array()->size(), state)];
  const bool nullable = schema.find("type")->array() != nullptr;
  if (nullable && below(2, state) == 0) return {};
  if (admits(schema, "number")) return {.data = draw_number(schema, state)};
  if (admits(schema, "integer")) return {.data = draw_integer(schema, state)};
  if (admits(schema, "boolean")) return {.data = below(2, state) == 1};
  if (admits(schema, "array")) return draw_list(schema, state);
  return {.data = draw_word(state)};
}

/// A value of a type that the schema does not admit; null type: it admits all.
std::optional<Value> value_of_wrong_type(const Value& schema) {
  if (!admits(schema, "string")) return Value{.data = std::string("wrong")};
  if (!admits(schema, "integer")) return Value{.data = std::int64_t{7}};
  if (!admits(schema, "boolean")) return Value{.data = true};
  if (!admits(schema, "array")) return Value{.data = Value::Array{}};
  if (!admits(schema, "object")) return Value{.data = Value::Object{}};
  if (!admits(schema, "null")) return Value{};
  return std::nullopt;
}

class Spoiling {
 public:
  void any(const Value& schema, const Value& value, const std::string& pointer) {
    if (auto wrong = value_of_wrong_type(schema)) add(std::move(*wrong), pointer);
    if (schema.find("enum") != nullptr) {
      if (admits(schema, "string")) add(Value{.data = std::string("not one of them")}, pointer);
      return;
    }
    if (value.number()) number(schema, pointer);
    if (value.array() != nullptr) list(schema, value, pointer);
    if (value.object() != nullptr) object(schema, value, pointer);
  }

  std::vector<std::pair<Value, std::string>> spoilt;

 private:
  void add(Value value, const std::string& pointer) {
    spoilt.emplace_back(std::move(value), pointer);
  }

  void number(const Value& schema, const std::string& pointer) {
    const Bounds b = bounds_of(schema);
    const bool fractions = admits(schema, "number");
    const auto beyond = [&](double limit, double direction, bool excluded) {
      if (!std::isfinite(limit)) return;
      const double step = std::max(1.0, std::abs(limit) * 0x1p-40);
      const double refused = excluded ? limit : limit + direction * step;
      if (!std::isfinite(refused)) return;
      if (!fractions && Value{.data = refused}.integer())
        add(Value{.data = *Value{.data = refused}.integer()}, pointer);
      else
        add(Value{.data = refused}, pointer);
    };
    beyond(b.low, -1, b.low_excluded);
    beyond(b.high, 1, b.high_excluded);
    if (!fractions) add(Value{.data = 0.5}, pointer);
  }

  void list(const Value& schema, const Value& value, const std::string& pointer) {
    const Value::Array& items = *value.array();
    if (const Value* least = schema.find("minItems"); least != nullptr && *least->integer() > 0) {
      Value shorter = value;
      shorter.array()->resize(to_size(*least->integer() - 1));
      add(std::move(shorter), pointer);
    }
    const Value* most = schema.find("maxItems");
    constexpr std::int64_t longest = 1000;
    if (most != nullptr && !items.empty() && *most->integer() < longest) {
      Value longer = value;
      longer.array()->resize(to_size(*most->integer() + 1), items.front());
      add(std::move(longer), pointer);
    }
    const Value* item_schema = schema.find("items");
    if (item_schema == nullptr || items.empty()) return;
    Spoiling inner;
    inner.any(*item_schema, items.front(), child(pointer, std::size_t{0}));
    for (auto& [spoilt_item, at] : inner.spoilt) {
      Value copy = value;
      copy.array()->front() = std::move(spoilt_item);
      add(std::move(copy), at);
    }
  }

  void object(const Value& schema, const Value& value, const std::string& pointer) {
    if (const Value* required = schema.find("required"))
      for (const Value& name : *required->array()) {
        Value copy = value;
        std::erase_if(*copy.object(), [&](const Member& m) { return m.key == *name.string(); });
        add(std::move(copy), child(pointer, *name.string()));
      }
    const Value* properties = schema.find("properties");
    if (properties == nullptr) return;
    for (const Member& m : *value.object()) {
      const Value* property = properties->find(m.key);
      if (property == nullptr) continue;
      Spoiling inner;
      inner.any(*property, m.value, child(pointer, m.key));
      for (auto& [spoilt_member, at] : inner.spoilt) {
        Value copy = value;
        *copy.find(m.key) = std::move(spoilt_member);
        add(std::move(copy), at);
      }
    }
  }
};

}  // namespace

Value draw_params(const Value& schema, std::uint64_t seed) {
  Value params{.data = Value::Object{}};
  if (const Value* properties = schema.find("properties"))
    for (const Member& property : *properties->object()) {
      const bool optional = property.value.find("default") != nullptr;
      if (optional && below(3, seed) == 0) continue;
      params.object()->push_back({property.key, {}, draw_value(property.value, seed)});
    }
  return params;
}

std::vector<std::pair<Value, std::string>> spoil(const Value& schema, const Value& value) {
  Spoiling spoiling;
  spoiling.any(schema, value, {});
  std::erase_if(spoiling.spoilt, [](const auto& entry) { return entry.second.empty(); });
  return std::move(spoiling.spoilt);
}

}  // namespace widelimit::detail
