// The texts of problems and errors.
#include <widelimit/error.hpp>

#include <utility>

namespace widelimit {

namespace {

std::string joined(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& p : problems) {
    if (!all.empty()) all += '\n';
    all += p.text();
  }
  return all;
}

}  // namespace

std::string Problem::text() const {
  std::string text = file;
  if (line > 0 && !file.empty())
    text.append(":").append(std::to_string(line)).append(":").append(std::to_string(column));
  else if (line > 0)
    text.append("line ")
        .append(std::to_string(line))
        .append(", column ")
        .append(std::to_string(column));
  if (!text.empty()) text += ": ";
  if (!pointer.empty()) text.append(pointer).append(": ");
  return text + message;
}

Error::Error(ErrorCode code, const std::string& message, std::string pointer, ErrorFacts facts)
    : std::runtime_error(message),
      code_(code),
      pointer_(pointer),
      facts_(std::move(facts)),
      problems_{Problem{.file = {},
                        .line = 0,
                        .column = 0,
                        .pointer = std::move(pointer),
                        .message = message,
                        .remedy = facts_.remedy}} {}

Error::Error(ErrorCode code, std::vector<Problem> problems, ErrorFacts facts)
    : std::runtime_error(joined(problems)),
      code_(code),
      pointer_(problems.empty() ? std::string{} : problems.front().pointer),
      facts_(std::move(facts)),
      problems_(std::move(problems)) {}

}  // namespace widelimit
