// Replaces a value of a document from the command line.
#include "config/overrides.hpp"

#include "json/parse.hpp"
#include "text/names.hpp"
#include "text/quoting.hpp"
#include "text/utf8.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace widelimit::detail {

namespace {

/// VALUE as JSON, or as a string if it is not JSON. Unset if the JSON has a problem: duplicate
/// keys, a number that is too large, too many levels.
std::optional<Value> read_value(const std::string& text, const std::string& argument,
                                SourceTexts& texts, Report& report) {
  const std::uint32_t source = texts.add(SourceText("--set " + argument, text, false));
  Report trial;
  std::optional<Value> value = parse_json(texts, source, trial);
  if (!value) {
    const std::size_t bad = first_not_utf8(text);
    if (bad == std::string::npos) return Value{.data = text, .origin = {source, 0}};
    report.add(Origin{source, 0}, {}, "the value is not UTF-8");
    return std::nullopt;
  }
  if (trial.empty()) return value;
  for (const Problem& p : trial.problems(texts)) report.add(Origin{source, 0}, {}, p.message);
  return std::nullopt;
}

std::string keys_of(const Value& object) {
  std::vector<std::string> keys;
  for (const Member& m : *object.object()) keys.push_back(m.key);
  constexpr std::size_t most = 12;
  if (keys.size() > most) return count_text(keys.size(), "key");
  return keys.empty() ? "no keys" : list_text(keys);
}

/// Says why `at` has no `token`.
std::string nothing_there(const Value& at, const std::string& token, const std::string& pointer) {
  const std::string where = pointer.empty() ? "the document" : pointer;
  if (at.array() != nullptr)
    return where + " is a list of " + std::to_string(at.array()->size()) + "; there is no entry " +
           in_quotes(token) + (array_index(token) ? "" : " (entries are numbered from 0)");
  if (at.object() == nullptr) return where + " is " + short_json(at) + ": nothing can be set in it";
  std::vector<std::string> keys;
  for (const Member& m : *at.object()) keys.push_back(m.key);
  return where + " has no key " + in_quotes(token) + did_you_mean(token, keys) + "   (" +
         keys_of(at) + ")";
}

}  // namespace

void apply_override(const std::string& argument, Value& root, SourceTexts& texts, Report& report) {
  const std::size_t equals = argument.find('=');
  const std::string pointer = argument.substr(0, equals);
  const auto refuse = [&](const std::string& message) {
    const std::uint32_t source = texts.add(SourceText("--set " + argument, {}, false));
    report.add(Origin{source, 0}, {}, message);
  };
  const auto tokens = pointer_tokens(pointer);
  if (equals == std::string::npos || !tokens || tokens->empty())
    return refuse("must be /pointer=VALUE, as in /network/0/W_std=1.5");
  std::optional<Value> value = read_value(argument.substr(equals + 1), argument, texts, report);
  if (!value) return;
  if (static_cast<int>(tokens->size()) + depth_of(*value) > max_depth)
    return refuse("leads to more than " + std::to_string(max_depth) +
                  " levels of nested lists and objects");

  Value* parent = &root;
  std::string at;
  for (std::size_t i = 0; i + 1 < tokens->size(); ++i) {
    const std::string& token = (*tokens)[i];
    const Value* next = step(*parent, token);
    if (next == nullptr) return refuse(nothing_there(*parent, token, at));
    parent = const_cast<Value*>(next);
    at = child(at, token);
  }
  const std::string& last = tokens->back();
  if (Value* present = const_cast<Value*>(step(*parent, last))) {
    *present = std::move(*value);
  } else if (parent->array() != nullptr && last == "-") {
    parent->array()->push_back(std::move(*value));
  } else if (parent->object() != nullptr) {
    const Origin origin = value->origin;
    parent->object()->push_back({last, origin, std::move(*value)});
  } else if (parent->array() != nullptr) {
    refuse(nothing_there(*parent, last, at) + "; \"-\" appends");
  } else {
    refuse(nothing_there(*parent, last, at));
  }
}

}  // namespace widelimit::detail
