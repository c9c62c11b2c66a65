// The texts of problems and errors. Here, where every message passes, the bytes of files that some
// of them quote become harmless to a terminal.
#include <widelimit/error.hpp>

#include "text/quoting.hpp"

#include <utility>

namespace widelimit {

namespace {

std::string join(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& p : problems) {
    if (!all.empty()) all += '\n';
    all += p.text();
  }
  return all;
}

std::vector<Problem> printable_messages(std::vector<Problem> problems) {
  for (Problem& p : problems) p.message = printable(p.message);
  return problems;
}

/// A name stays on its line.
std::string name_text(const std::string& name) { return detail::printable(name, {}); }

}  // namespace

std::string printable(std::string_view text) { return detail::printable(text, "\n\t"); }

std::string Problem::text() const {
  std::string text = name_text(file);
  if (line > 0 && !file.empty())
    text.append(":").append(std::to_string(line)).append(":").append(std::to_string(column));
  else if (line > 0)
    text.append("line ")
        .append(std::to_string(line))
        .append(", column ")
        .append(std::to_string(column));
  if (!text.empty()) text += ": ";
  if (!pointer.empty()) text.append(name_text(pointer)).append(": ");
  return text + printable(message);
}

Error::Error(ErrorCode code, const std::string& message, std::string pointer, ErrorFacts facts)
    : std::runtime_error(printable(message)),
      code_(code),
      pointer_(pointer),
      facts_(std::move(facts)),
      problems_{Problem{.file = {},
                        .line = 0,
                        .column = 0,
                        .pointer = std::move(pointer),
                        .message = printable(message),
                        .remedy = facts_.remedy}} {}

Error::Error(ErrorCode code, std::vector<Problem> problems, ErrorFacts facts)
    : std::runtime_error(join(problems)),
      code_(code),
      pointer_(problems.empty() ? std::string{} : problems.front().pointer),
      facts_(std::move(facts)),
      problems_(printable_messages(std::move(problems))) {}

}  // namespace widelimit
