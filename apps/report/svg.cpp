// Reads what gnuplot drew with pugixml (the only file that includes it) and writes what may pass.
#include "svg.hpp"

#include "color.hpp"
#include "common/escape.hpp"
#include "typeset.hpp"

#include <widelimit/error.hpp>

#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace widelimit::report {
namespace {

// clang-format off
constexpr std::array<std::string_view, 13> harmless_elements{
    "g", "rect", "circle", "path", "polygon", "polyline", "line", "use", "defs", "text", "tspan",
    "image", "clipPath"};
constexpr std::array<std::string_view, 36> harmless_attributes{
    "x", "y", "width", "height", "viewBox", "d", "transform", "points", "cx", "cy", "r", "rx", "ry",
    "x1", "x2", "y1", "y2", "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width",
    "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "stroke-opacity", "opacity", "color",
    "font-size", "font-weight", "font-style", "text-anchor", "dx", "dy", "preserveAspectRatio",
    "image-rendering"};
// clang-format on

template <class List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

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

/// Writes both forms of the picture at once.
class Writer {
 public:
  explicit Writer(std::string_view id_prefix) : prefix_(id_prefix) {}

  /// The harmless elements inside `parent`, and the text of labels.
  void contents(pugi::xml_node parent) {
    const std::string_view name = parent.name();
    for (const pugi::xml_node node : parent) {
      if (node.type() == pugi::node_element) {
        if (contains(harmless_elements, node.name())) element(node);
      } else if (name == "text" || name == "tspan") {
        both(apps::html_escaped(node.value()));
      }
    }
  }
  void both(std::string_view text) {
    picture_.file += text;
    picture_.inlined += text;
  }
  [[nodiscard]] Picture& picture() noexcept { return picture_; }

 private:
  void element(pugi::xml_node node) {
    const std::string name = node.name();
    const std::size_t file = picture_.file.size(), inlined = picture_.inlined.size();
    both("<" + name);
    for (const pugi::xml_attribute attribute : node.attributes())
      this->attribute(attribute.name(), attribute.value());
    if (name == "image") both(" image-rendering=\"pixelated\"");
    // The steps of a colour bar, which must not show seams.
    if (name == "polygon" && !node.attribute("fill-opacity"))
      both(" shape-rendering=\"crispEdges\"");
    const std::size_t end_of_attributes = picture_.file.size();
    if (node.first_child()) both(">");
    const std::size_t body = picture_.file.size();
    contents(node);
    if ((name == "g" || name == "text") && picture_.file.size() == body) {
      // gnuplot closes and opens a group at every change of its pen: most of them stay empty. A
      // mark of the legend is a label without text.
      picture_.file.resize(file);
      picture_.inlined.resize(inlined);
    } else {
      both(body == end_of_attributes ? "/>" : "</" + name + ">");
    }
  }
  /// With a leading space; nothing where the attribute may not pass.
  void attribute(std::string_view key, std::string_view value) {
    if (key == "id") {
      both(" id=\"" + prefix_ + apps::html_escaped(value) + "\"");
    } else if (key == "xlink:href" || key == "href") {
      if (value.starts_with('#')) {
        both(" xlink:href=\"#" + prefix_ + apps::html_escaped(value.substr(1)) + "\"");
      } else if (value.starts_with("data:image/png;base64,")) {
        both(" xlink:href=\"" + apps::html_escaped(value) + "\"");
      }
    } else if (key == "fill" || key == "stroke" || key == "color") {
      color(key, value);
    } else if (contains(harmless_attributes, key)) {
      both(" " + std::string(key) + "=\"" + apps::html_escaped(collapsed(value)) + "\"");
    }
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
    picture_.file += start + apps::html_escaped(hex) + "\"";
    picture_.inlined += start +
                        (named == colors.end() ? apps::html_escaped(hex)
                                               : "var(--" + std::string(named->name) + ")") +
                        "\"";
  }

  std::string prefix_;
  Picture picture_;
};

constexpr int title_height = 30;

int pixels(pugi::xml_attribute attribute) { return std::clamp(attribute.as_int(), 1, 10000); }

void write_root(Writer& writer, pugi::xml_node root, std::string_view title,
                std::string_view label) {
  const int width = pixels(root.attribute("width")), height = pixels(root.attribute("height"));
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
      size(whole) + view(whole) + " font-family=\"sans-serif\">\n<title>" +
      apps::html_escaped(label) + "</title>\n<rect width=" + size(whole) + " fill=\"" +
      std::string(surface.light) +
      "\"/>\n<text x=\"12\" y=\"20\" font-size=\"14\" font-weight=\"bold\" fill=\"" +
      std::string(ink.light) + "\">" + apps::html_escaped(apps::shortened(title, 56)) +
      "</text>\n<g transform=\"translate(0," + std::to_string(title_height) + ")\">\n";
  writer.picture().inlined =
      "<svg" + view(height) + " aria-label=\"" + apps::html_escaped(label) + "\">";
}

}  // namespace

Picture embeddable(std::string_view drawn, std::string_view id_prefix, std::string_view title,
                   std::string_view label) {
  pugi::xml_document document;
  const pugi::xml_parse_result result =
      document.load_buffer(drawn.data(), drawn.size(),
                           pugi::parse_default | pugi::parse_ws_pcdata_single, pugi::encoding_utf8);
  const pugi::xml_node root = document.child("svg");
  if (!result || !root) {
    throw Error(ErrorCode::internal,
                std::string("gnuplot did not write a whole SVG picture: ") +
                    (result ? "it has no <svg> element" : result.description()));
  }
  Writer writer(id_prefix);
  write_root(writer, root, title, label);
  writer.contents(root);
  writer.picture().file += "</g>\n</svg>\n";
  writer.picture().inlined += "</svg>\n";
  return std::move(writer.picture());
}

}  // namespace widelimit::report
