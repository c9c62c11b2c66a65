// What a library exports is read from its file, and a damaged file is an error or another list.
#include <conformance/elf.hpp>

#include <widelimit/abi.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

using widelimit::conformance::ElfError;
using widelimit::conformance::Export;
using widelimit::conformance::exported_symbols;

namespace fs = std::filesystem;

const fs::path library = fs::path(WIDELIMIT_TEST_BAD_PLUGINS) / "two_symbols.so";

std::string contents_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A file in the temporary directory, gone at the end of the test.
class Scratch {
 public:
  Scratch() = default;
  ~Scratch() {
    std::error_code ignored;
    fs::remove(file_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& holding(const std::string& bytes) const {
    std::ofstream(file_, std::ios::binary) << bytes;
    return file_;
  }

 private:
  fs::path file_ = fs::temp_directory_path() / ("widelimit-elf-" + std::to_string(getpid()));
};

std::string refusal_of(const fs::path& file) {
  try {
    return "no error, " + std::to_string(exported_symbols(file).size()) + " symbols";
  } catch (const ElfError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("the exported symbols of a library are listed, and no others") {
  std::vector<std::string> names;
  for (const Export& symbol : exported_symbols(library)) {
    names.push_back(symbol.name);
    CHECK_FALSE(symbol.unique);
  }
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"a_second_symbol", WIDELIMIT_ENTRY_SYMBOL});
}

TEST_CASE("a file that is no shared library is refused in words for its author") {
  const Scratch scratch;
  const std::string whole = contents_of(library);
  CHECK(refusal_of("/nowhere.so") == "cannot be read: No such file or directory");
  CHECK(refusal_of(scratch.holding("")) == "the file is empty; a plugin is an ELF shared library");
  CHECK(refusal_of(scratch.holding("#!/bin/sh\n")) ==
        "not a shared library: the file begins with \"#!/bin/sh.\"; a plugin is an ELF shared "
        "library");
  std::string other = whole;
  other[4] = 1;  // EI_CLASS: 32 bits
  CHECK(refusal_of(scratch.holding(other)).starts_with("a library for another machine"));
  other = whole;
  other[16] = 2;  // e_type: a program
  CHECK(refusal_of(scratch.holding(other)) ==
        "an ELF file, but not a shared library: link it with -shared");
  other = whole;
  other.replace(40, 8, 8, '\0');  // e_shoff
  other.replace(60, 2, 2, '\0');  // e_shnum
  CHECK(refusal_of(scratch.holding(other)).find("over-stripped?") != std::string::npos);
}

TEST_CASE("a library that is cut off anywhere is an error, and never a crash") {
  const Scratch scratch;
  const std::string whole = contents_of(library);
  for (std::size_t length = 1; length < whole.size(); length += 97) {
    CAPTURE(length);
    CHECK_FALSE(refusal_of(scratch.holding(whole.substr(0, length))).starts_with("no error"));
  }
}

TEST_CASE("a library with damaged headers is a list or an error, and never a crash") {
  const Scratch scratch;
  const std::string whole = contents_of(library);
  std::uint64_t sections = 0;
  for (std::size_t i = 8; i-- > 0;)
    sections = sections << 8 | static_cast<unsigned char>(whole[40 + i]);
  REQUIRE(sections < whole.size());
  std::mt19937_64 random(1);
  int refused = 0;
  for (int attempt = 0; attempt < 2000; ++attempt) {
    std::string damaged = whole;
    // Most of what a reader follows is in the header and in the table of sections at the end.
    for (int change = 0; change < 4; ++change) {
      const bool in_header = random() % 4 == 0;
      const std::size_t begin = in_header ? 4 : static_cast<std::size_t>(sections);
      const std::size_t end = in_header ? 64 : whole.size();
      damaged[begin + random() % (end - begin)] = static_cast<char>(random());
    }
    if (!refusal_of(scratch.holding(damaged)).starts_with("no error")) ++refused;
  }
  CHECK(refused > 100);
  CHECK(refused < 2000);
}
