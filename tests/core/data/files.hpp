// Files for tests, gone when the test is over, and the messages that broken ones get.
#pragma once

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace widelimit_tests {

using namespace std::string_view_literals;

class Folder {
 public:
  explicit Folder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string name = (parent / "widelimit-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
    REQUIRE_FALSE(path_.empty());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }
  std::filesystem::path with(std::string_view name, std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_),
                                                  std::filesystem::directory_iterator{}));
  }

 private:
  std::filesystem::path path_;
};

[[nodiscard]] inline std::string bytes_of_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The error that a call ends with; fails the test where there is none, and where a terminal could
/// not show the message.
template <class Call>
[[nodiscard]] widelimit::Error error_of(Call&& call) {
  try {
    call();
  } catch (const widelimit::Error& e) {
    CHECK(widelimit::printable(e.what()) == e.what());
    for (const widelimit::Problem& problem : e.problems())
      CHECK(widelimit::printable(problem.text()) == problem.text());
    return e;
  }
  FAIL("expected an error");
  return widelimit::Error(widelimit::ErrorCode::internal, "none");
}

[[nodiscard]] inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// "code: text" with the folder's name left out, for comparison with a whole message.
template <class Call>
[[nodiscard]] std::string message_of(const Folder& folder, Call&& call) {
  const widelimit::Error error = error_of(call);
  REQUIRE(error.code() == widelimit::ErrorCode::usage);
  std::string text = error.what();
  const std::string prefix = folder.path().string() + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
    text.erase(at, prefix.size());
  return text;
}

}  // namespace widelimit_tests
