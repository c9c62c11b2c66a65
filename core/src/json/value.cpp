// Looking into a document: numbers, members, pointers.
#include "json/value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace widelimit::detail {

std::optional<double> Value::number() const noexcept {
  if (const auto* i = std::get_if<std::int64_t>(&data)) return static_cast<double>(*i);
  if (const auto* d = std::get_if<double>(&data)) return *d;
  return std::nullopt;
}

bool Value::is_reported() const noexcept {
  const std::optional<double> value = number();
  return value && std::isnan(*value);
}

std::optional<std::int64_t> Value::integer() const noexcept {
  if (const auto* i = std::get_if<std::int64_t>(&data)) return *i;
  constexpr double exact = 9007199254740992.0;  // 2^53: a double holds all whole numbers up to here
  if (const auto* d = std::get_if<double>(&data))
    if (std::abs(*d) <= exact && std::trunc(*d) == *d) return static_cast<std::int64_t>(*d);
  return std::nullopt;
}

const Value* Value::find(std::string_view key) const noexcept {
  if (const Object* members = object())
    for (const Member& m : *members)
      if (m.key == key) return &m.value;
  return nullptr;
}

Value* Value::find(std::string_view key) noexcept {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

bool same(const Value& a, const Value& b) {
  if (a.number() && b.number()) {
    const auto i = a.integer(), j = b.integer();
    return i && j ? *i == *j : *a.number() == *b.number();
  }
  if (a.data.index() != b.data.index()) return false;
  if (const auto* x = a.array())
    return std::equal(x->begin(), x->end(), b.array()->begin(), b.array()->end(), same);
  if (const auto* x = a.object())
    return x->size() == b.object()->size() && std::all_of(x->begin(), x->end(), [&](const auto& m) {
             const Value* other = b.find(m.key);
             return other != nullptr && same(m.value, *other);
           });
  if (const auto* x = a.boolean()) return *x == *b.boolean();
  if (const auto* x = a.string()) return *x == *b.string();
  return true;
}

Value with_origin(Value value, Origin origin) {
  value.origin = origin;
  if (auto* items = value.array())
    for (Value& v : *items) v = with_origin(std::move(v), origin);
  if (auto* members = value.object())
    for (Member& m : *members) {
      m.origin = origin;
      m.value = with_origin(std::move(m.value), origin);
    }
  return value;
}

int depth_of(const Value& value) {
  int below = -1;
  if (const auto* items = value.array()) {
    below = 0;
    for (const Value& v : *items) below = std::max(below, depth_of(v));
  } else if (const auto* members = value.object()) {
    below = 0;
    for (const Member& m : *members) below = std::max(below, depth_of(m.value));
  }
  return below + 1;
}

std::string child(const std::string& pointer, std::string_view key) {
  std::string extended = pointer + '/';
  for (const char c : key) {
    if (c == '~')
      extended += "~0";
    else if (c == '/')
      extended += "~1";
    else
      extended += c;
  }
  return extended;
}

std::string child(const std::string& pointer, std::size_t index) {
  return pointer + '/' + std::to_string(index);
}

std::optional<std::vector<std::string>> pointer_tokens(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (pointer.empty()) return tokens;
  if (pointer.front() != '/') return std::nullopt;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    const char c = pointer[i];
    if (c == '/') {
      tokens.emplace_back();
    } else if (c == '~') {
      if (++i == pointer.size() || (pointer[i] != '0' && pointer[i] != '1')) return std::nullopt;
      tokens.back() += pointer[i] == '0' ? '~' : '/';
    } else {
      tokens.back() += c;
    }
  }
  return tokens;
}

std::optional<std::size_t> array_index(std::string_view token) {
  std::size_t index = 0;
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, index);
  if (token.empty() || error != std::errc{} || stop != end) return std::nullopt;
  if (token.size() > 1 && token.front() == '0') return std::nullopt;
  return index;
}

const Value* step(const Value& from, std::string_view token) {
  if (const auto* items = from.array()) {
    const auto index = array_index(token);
    return index && *index < items->size() ? &(*items)[*index] : nullptr;
  }
  return from.find(token);
}

const Value* resolve(const Value& root, std::string_view pointer) {
  const auto tokens = pointer_tokens(pointer);
  if (!tokens) return nullptr;
  const Value* at = &root;
  for (const std::string& token : *tokens) {
    at = step(*at, token);
    if (at == nullptr) return nullptr;
  }
  return at;
}

}  // namespace widelimit::detail
