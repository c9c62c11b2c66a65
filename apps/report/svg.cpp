// A reader of the tags that gnuplot writes, and a writer of those that may pass.
#include "svg.hpp"

#include "color.hpp"
#include "text.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

namespace widelimit::report {
namespace {

constexpr std::array<std::string_view, 13> harmless_elements{
    "g",   "rect", "circle", "path",  "polygon", "polyline", "line",
    "use", "defs", "text",   "tspan", "image",   "clipPath"};
constexpr std::array<std::string_view, 36> harmless_attributes{"x",
                                                               "y",
                                                               "width",
                                                               "height",
                                                               "viewBox",
                                                               "d",
                                                               "transform",
                                                               "points",
                                                               "cx",
                                                               "cy",
                                                               "r",
                                                               "rx",
                                                               "ry",
                                                               "x1",
                                                               "x2",
                                                               "y1",
                                                               "y2",
                                                               "fill",
                                                               "fill-opacity",
                                                               "fill-rule",
                                                               "stroke",
                                                               "stroke-width",
                                                               "stroke-linecap",
                                                               "stroke-linejoin",
                                                               "stroke-dasharray",
                                                               "stroke-opacity",
                                                               "opacity",
                                                               "color",
                                                               "font-size",
                                                               "font-weight",
                                                               "font-style",
                                                               "text-anchor",
                                                               "dx",
                                                               "dy",
                                                               "preserveAspectRatio",
                                                               "image-rendering"};

template <class List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

struct Tag {
  std::string_view name;
  std::vector<std::pair<std::string_view, std::string_view>> attributes;
  bool is_end = false, is_empty = false;

  [[nodiscard]] std::string_view get(std::string_view attribute) const {
    for (const auto& [key, value] : attributes) {
      if (key == attribute) return value;
    }
    return {};
  }
};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// The text between < and >; nothing where it is no tag of an element.
std::optional<Tag> parse_tag(std::string_view text) {
  Tag tag;
  tag.is_end = text.starts_with('/');
  if (tag.is_end) text.remove_prefix(1);
  tag.is_empty = text.ends_with('/');
  if (tag.is_empty) text.remove_suffix(1);
  const auto skip_space = [&] {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  };
  const auto take_name = [&] {
    std::size_t n = 0;
    while (n < text.size() && !is_space(text[n]) && text[n] != '=') ++n;
    const std::string_view name = text.substr(0, n);
    text.remove_prefix(n);
    return name;
  };
  tag.name = take_name();
  for (skip_space(); !text.empty(); skip_space()) {
    const std::string_view key = take_name();
    skip_space();
    if (key.empty() || !text.starts_with('=')) return {};
    text.remove_prefix(1);
    skip_space();
    if (text.empty() || (text[0] != '"' && text[0] != '\'')) return {};
    const std::size_t end = text.find(text[0], 1);
    if (end == std::string_view::npos) return {};
    tag.attributes.emplace_back(key, text.substr(1, end - 1));
    text.remove_prefix(end + 1);
  }
  return tag;
}

/// "rgb( 42,  98, 166)", "#2a62a6", "black", "white" as "#rrggbb"; empty where it is no colour.
std::string hex_of(std::string_view value) {
  if (value == "black") return std::string(ink.light);
  if (value == "white") return std::string(surface.light);
  if (value.starts_with('#')) return std::string(value);
  if (!value.starts_with("rgb(")) return {};
  std::array<int, 3> rgb{};
  const char* at = value.data() + 4;
  const char* const end = value.data() + value.size();
  for (int& channel : rgb) {
    while (at != end && (*at == ' ' || *at == ',')) ++at;
    at = std::from_chars(at, end, channel).ptr;
  }
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", rgb[0] & 255, rgb[1] & 255, rgb[2] & 255);
  return text;
}

std::string collapsed(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (!is_space(c)) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

class Writer {
 public:
  explicit Writer(std::string_view id_prefix) : prefix_(id_prefix) {}

  /// Both forms of an attribute, with a leading space; nothing where it may not pass.
  void attribute(std::string_view key, std::string_view value) {
    if (key == "id") {
      both(" id=\"" + prefix_ + escaped(value) + "\"");
    } else if (key == "xlink:href" || key == "href") {
      if (value.starts_with('#')) {
        both(" xlink:href=\"#" + prefix_ + escaped(value.substr(1)) + "\"");
      } else if (value.starts_with("data:image/png;base64,")) {
        both(" xlink:href=\"" + escaped(value) + "\"");
      }
    } else if (key == "fill" || key == "stroke" || key == "color") {
      color(key, value);
    } else if (contains(harmless_attributes, key)) {
      both(" " + std::string(key) + "=\"" + escaped(collapsed(value)) + "\"");
    }
  }
  void open(const Tag& tag) {
    starts_.emplace_back(picture_.file.size(), picture_.inlined.size());
    element(tag);
    both(">");
    bodies_.push_back(picture_.file.size());
  }
  void close(std::string_view name) {
    if (starts_.empty()) return;
    const auto [file, inlined] = starts_.back();
    // gnuplot closes and opens a group at every change of its pen: most of them stay empty.
    if (picture_.file.size() == bodies_.back() && name == "g") {
      picture_.file.resize(file);
      picture_.inlined.resize(inlined);
    } else {
      both("</" + std::string(name) + ">");
    }
    starts_.pop_back();
    bodies_.pop_back();
  }
  void empty(const Tag& tag) {
    element(tag);
    both("/>");
  }
  void both(const std::string& text) {
    picture_.file += text;
    picture_.inlined += text;
  }
  [[nodiscard]] Picture& picture() noexcept { return picture_; }

 private:
  void element(const Tag& tag) {
    both("<" + std::string(tag.name));
    for (const auto& [key, value] : tag.attributes) attribute(key, value);
    if (tag.name == "image") both(" image-rendering=\"pixelated\"");
    // The steps of a colour bar, which must not show seams.
    if (tag.name == "polygon" && tag.get("fill-opacity").empty())
      both(" shape-rendering=\"crispEdges\"");
  }
  void color(std::string_view key, std::string_view value) {
    const std::string start = " " + std::string(key) + "=\"";
    const std::string hex = hex_of(value);
    if (hex.empty()) {
      if (value == "none" || value == "currentColor") both(start + std::string(value) + "\"");
      return;
    }
    const auto named = std::find_if(colors.begin(), colors.end(),
                                    [&](const Color& color) { return color.light == hex; });
    picture_.file += start + escaped(hex) + "\"";
    picture_.inlined +=
        start + (named == colors.end() ? escaped(hex) : "var(--" + std::string(named->name) + ")") +
        "\"";
  }

  std::string prefix_;
  Picture picture_;
  std::vector<std::pair<std::size_t, std::size_t>> starts_;  ///< of open elements
  std::vector<std::size_t> bodies_;                          ///< where their contents begin
};

constexpr int title_height = 30;

int pixels(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return std::clamp(value, 1, 10000);
}

void write_root(Writer& writer, const Tag& root, std::string_view title, std::string_view label) {
  const int width = pixels(root.get("width")), height = pixels(root.get("height"));
  const auto size = [&](int whole) {
    return "\"" + std::to_string(width) + "\" height=\"" + std::to_string(whole) + "\"";
  };
  const auto view = [&](int whole) {
    return " viewBox=\"0 0 " + std::to_string(width) + " " + std::to_string(whole) +
           "\" role=\"img\"";
  };
  const int whole = height + title_height;
  writer.picture().file =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
      "xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=" +
      size(whole) + view(whole) + " font-family=\"sans-serif\">\n<title>" + escaped(label) +
      "</title>\n<rect width=" + size(whole) + " fill=\"" + std::string(surface.light) +
      "\"/>\n<text x=\"12\" y=\"20\" font-size=\"14\" font-weight=\"bold\" fill=\"" +
      std::string(ink.light) + "\">" + escaped(shortened(title, 56)) +
      "</text>\n<g transform=\"translate(0," + std::to_string(title_height) + ")\">\n";
  writer.picture().inlined = "<svg" + view(height) + " aria-label=\"" + escaped(label) + "\">";
}

}  // namespace

Picture adopt(std::string_view drawn, std::string_view id_prefix, std::string_view title,
              std::string_view label) {
  Writer writer(id_prefix);
  bool is_inside = false;
  std::string_view skipped;  // the element whose contents are left out
  int depth = 0;             // of elements of that name inside it
  std::string_view parent;
  for (std::size_t at = 0; at < drawn.size();) {
    if (drawn[at] != '<') {
      const std::size_t end = std::min(drawn.find('<', at), drawn.size());
      const std::string_view text = drawn.substr(at, end - at);
      // Entities are gnuplot's own and stay; '>' is the one character it leaves as it is.
      if (is_inside && skipped.empty() && (parent == "text" || parent == "tspan")) {
        for (const char c : text) writer.both(c == '>' ? "&gt;" : std::string(1, c));
      }
      at = end;
      continue;
    }
    const std::size_t end = drawn.find('>', at);
    if (end == std::string_view::npos) break;
    const std::optional<Tag> tag = parse_tag(drawn.substr(at + 1, end - at - 1));
    at = end + 1;
    if (!tag || tag->name.starts_with('?') || tag->name.starts_with('!')) continue;
    if (!is_inside) {
      if (tag->name != "svg" || tag->is_end) continue;
      is_inside = true;
      write_root(writer, *tag, title, label);
    } else if (tag->name == "svg" && tag->is_end) {
      writer.picture().file += "</g>\n</svg>\n";
      writer.picture().inlined += "</svg>\n";
      return std::move(writer.picture());
    } else if (!skipped.empty()) {
      if (tag->name == skipped && !tag->is_empty) depth += tag->is_end ? -1 : 1;
      if (depth == 0) skipped = {};
    } else if (!contains(harmless_elements, tag->name)) {
      if (!tag->is_empty && !tag->is_end) {
        skipped = tag->name;
        depth = 1;
      }
    } else if (tag->is_end) {
      writer.close(tag->name);
      parent = {};
    } else if (tag->is_empty) {
      writer.empty(*tag);
    } else {
      writer.open(*tag);
      parent = tag->name;
    }
  }
  throw Error(ErrorCode::internal, "gnuplot did not write a whole SVG picture");
}

}  // namespace widelimit::report
