// Writes a document as text: for plugins, for `resolved` and for messages.
#include "base/sizes.hpp"
#include "json/value.hpp"
#include "text/numbers.hpp"
#include "text/quoting.hpp"

namespace widelimit::detail {

namespace {

struct Writer {
  std::string& out;
  int indent;

  void line(int level) const {
    if (indent == 0) return;
    out += '\n';
    out.append(to_size(indent * level), ' ');
  }

  void separator(bool first) const {
    if (!first) out += indent == 0 ? ", " : ",";
  }

  void write(const Value& value, int level) const {
    if (value.is_null()) {
      out += "null";
    } else if (const auto* b = value.boolean()) {
      out += *b ? "true" : "false";
    } else if (const auto* i = std::get_if<std::int64_t>(&value.data)) {
      out += std::to_string(*i);
    } else if (const auto* d = std::get_if<double>(&value.data)) {
      out += real_text(*d);
    } else if (const auto* s = value.string()) {
      append_quoted(out, *s);
    } else if (const auto* items = value.array()) {
      write_array(*items, level);
    } else {
      write_object(*value.object(), level);
    }
  }

  void write_array(const Value::Array& items, int level) const {
    bool first = true;
    out += '[';
    for (const Value& v : items) {
      separator(first);
      line(level + 1);
      write(v, level + 1);
      first = false;
    }
    if (!first) line(level);
    out += ']';
  }

  void write_object(const Value::Object& members, int level) const {
    bool first = true;
    out += '{';
    for (const Member& m : members) {
      separator(first);
      line(level + 1);
      append_quoted(out, m.key);
      out += ": ";
      write(m.value, level + 1);
      first = false;
    }
    if (!first) line(level);
    out += '}';
  }
};

}  // namespace

std::string to_json(const Value& value, int indent) {
  std::string out;
  Writer{out, indent}.write(value, 0);
  return out;
}

std::string short_json(const Value& value) {
  if (const auto* items = value.array(); items != nullptr && items->size() > shown_bytes)
    return "a list of " + std::to_string(items->size());
  if (value.object() != nullptr && !value.object()->empty()) return "an object";
  return cut(value.digits ? *value.digits : to_json(value), shown_bytes);
}

}  // namespace widelimit::detail
