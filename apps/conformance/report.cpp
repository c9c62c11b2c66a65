// The results as a table for people and as JSON for programs.
#include "conformance.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace widelimit::conformance {
namespace {

constexpr std::array names{"pass", "warn", "fail", "skip", "crash", "timeout"};
constexpr std::array all_results{Result::pass, Result::warn,  Result::fail,
                                 Result::skip, Result::crash, Result::timeout};

std::string padded(std::string_view text, std::size_t width) {
  std::string cell(text);
  cell.resize(std::max(width, cell.size()), ' ');
  return cell;
}

std::size_t longest_name() {
  std::size_t longest = 0;
  for (const Check& check : checks()) longest = std::max(longest, check.name.size());
  return longest;
}

/// A JSON string; bytes that are not valid UTF-8 never leave as such.
std::string json_string(std::string_view text) {
  std::string json = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    if (c == '"' || c == '\\') {
      json += {'\\', static_cast<char>(c)};
    } else if (c == '\n') {
      json += "\\n";
    } else if (c < 0x20 || c == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      json += escape;
    } else if (c < 0x80) {
      json += static_cast<char>(c);
    } else if (c >= 0xC2 && c < 0xF5 && i + more < text.size() &&
               std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                           text.begin() + static_cast<std::ptrdiff_t>(i + more) + 1, [](char next) {
                             return (static_cast<unsigned char>(next) & 0xC0u) == 0x80u;
                           })) {
      json += text.substr(i, more + 1);
      i += more;
    } else {
      json += "\\ufffd";
    }
  }
  return json + "\"";
}

std::string described(const Check& check) {
  return "\"name\": " + json_string(check.name) + ", \"group\": " + json_string(check.group) +
         ", \"description\": " + json_string(check.description);
}

bool is_shown(const CheckOutcome& seen, bool only_failed) {
  return !only_failed ||
         (seen.outcome.result != Result::pass && seen.outcome.result != Result::skip);
}

}  // namespace

std::string_view to_string(Result result) noexcept {
  return names[static_cast<std::size_t>(result)];
}

std::string as_row(const CheckOutcome& seen) {
  const std::string indent(longest_name() + 12, ' ');
  std::string row = "  " + padded(to_string(seen.outcome.result), 8) +
                    padded(seen.check->name, longest_name()) + "  ";
  const bool quiet = seen.outcome.message.empty();
  for (const char c : quiet ? std::string(seen.check->description) : seen.outcome.message) {
    row += c;
    if (c == '\n') row += indent;
  }
  return row + "\n";
}

std::string as_table(const Report& report, bool only_failed) {
  std::string table;
  std::string_view group;
  for (const CheckOutcome& seen : report.outcomes) {
    if (!is_shown(seen, only_failed)) continue;
    if (seen.check->group != group) table += std::string(seen.check->group) + "\n";
    group = seen.check->group;
    table += as_row(seen);
  }
  return table;
}

std::string as_summary(const Report& report) {
  std::string text = report.file.string() + ": ";
  bool first = true;
  for (const Result result : all_results) {
    const std::size_t n = report.count(result);
    if (n == 0) continue;
    text += (first ? "" : ", ") + std::to_string(n) + " " + std::string(to_string(result));
    first = false;
  }
  text += " (seed " + std::to_string(report.seed) + ")\n";
  const auto failed =
      std::find_if(report.outcomes.begin(), report.outcomes.end(),
                   [](const CheckOutcome& seen) { return is_failure(seen.outcome.result); });
  if (failed != report.outcomes.end())
    text += "In a debugger: widelimit verify " + report.file.string() + " --in-process --check " +
            std::string(failed->check->name) + " --seed " + std::to_string(report.seed) + "\n";
  return text;
}

std::string as_json(const Report& report, bool only_failed) {
  std::string json = "{\"file\": " + json_string(report.file.string()) +
                     ", \"seed\": " + std::to_string(report.seed) +
                     ", \"loaded\": " + (report.loaded ? "true" : "false") +
                     ", \"ok\": " + (report.ok() ? "true" : "false") + ", \"summary\": {";
  for (const Result result : all_results)
    json += (result == Result::pass ? "" : ", ") + json_string(to_string(result)) + ": " +
            std::to_string(report.count(result));
  json += "}, \"checks\": [";
  bool first = true;
  for (const CheckOutcome& seen : report.outcomes) {
    if (!is_shown(seen, only_failed)) continue;
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.6f", seen.outcome.seconds);
    json += (first ? "\n  {" : ",\n  {") + described(*seen.check) +
            ", \"result\": " + json_string(to_string(seen.outcome.result)) +
            ", \"message\": " + json_string(seen.outcome.message) + ", \"seconds\": " + seconds +
            "}";
    first = false;
  }
  return json + "\n]}\n";
}

std::string list_as_table() {
  std::string table;
  std::string_view group;
  for (const Check& check : checks()) {
    if (check.group != group) table += std::string(check.group) + "\n";
    group = check.group;
    table +=
        "  " + padded(check.name, longest_name()) + "  " + std::string(check.description) + "\n";
  }
  return table;
}

std::string list_as_json() {
  std::string json = "[";
  for (const Check& check : checks())
    json += (&check == checks().data() ? "\n  {" : ",\n  {") + described(check) + "}";
  return json + "\n]\n";
}

}  // namespace widelimit::conformance
