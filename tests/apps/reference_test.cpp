// apps/experiments/REFERENCE.md against the program: every key of the schema is explained, and
// every block of it is an experiment.
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

std::filesystem::path experiments() {
  return std::filesystem::path(WIDELIMIT_TEST_GOLDEN) / "../../apps/experiments";
}

/// Names of members, and the words that a member may be, everywhere in a schema.
void collect(const Json& schema, std::set<std::string>& words) {
  for (const Json& item : schema.elements()) collect(item, words);
  for (const auto& [key, value] : schema.members()) {
    if (key == "properties")
      for (const auto& [name, property] : value.members()) words.insert(name);
    if (key == "enum")
      for (const Json& word : value.elements())
        if (word.is_string()) words.insert(word.text());
    if (key == "const" && value.is_string()) words.insert(value.text());
    collect(value, words);
  }
}

/// The JSON blocks of a Markdown file.
std::vector<std::string> blocks(const std::string& markdown) {
  constexpr std::string_view fence = "```json\n";
  std::vector<std::string> all;
  for (std::size_t at = markdown.find(fence); at != std::string::npos;
       at = markdown.find(fence, at)) {
    at += fence.size();
    all.push_back(markdown.substr(at, markdown.find("```", at) - at));
  }
  return all;
}

/// `base` with the members of `block` in place of its own.
std::string replaced(const Json& base, const Json& block) {
  Json::Object all(block);
  for (const auto& [key, value] : base.members())
    if (!block.contains(key)) all.set(key, value);
  return all.one_line();
}

std::string npy(const std::string& shape, std::size_t bytes) {
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + std::string(bytes, '\1');
}

}  // namespace

TEST_CASE("the reference of experiment files names every key and word of the schema") {
  const Json schema = Json::parse(run_program({"schema"}).out, "stdout");
  std::set<std::string> words;
  for (const auto& [key, value] : schema.members())
    if (key != "$defs") collect(Json(Json::Object{{key, value}}), words);
  for (const auto& [name, definition] : at(schema, {"$defs"}).members())
    if (name != "layer" && name != "solver") collect(definition, words);  // the gallery's
  CHECK(words.size() > 60);
  const std::string reference = read(experiments() / "REFERENCE.md");
  for (const std::string& word : words) {
    CAPTURE(word);
    const bool named = reference.find("`" + word + "`") != std::string::npos ||
                       reference.find("\"" + word + "\"") != std::string::npos;
    CHECK(named);
  }
}

TEST_CASE("every block of the reference of experiment files is one that the program takes") {
  const TemporaryDirectory directory;
  std::filesystem::copy(experiments() / "plants.csv", directory / "plants.csv");
  directory.file("x.npy", npy("(20, 3)", 60));
  directory.file("y.npy", npy("(20,)", 20));
  directory.file("images.idx",
                 std::string("\0\0\x8\3\0\0\0\x14\0\0\0\4\0\0\0\4", 16) + std::string(320, '\1'));
  directory.file("labels.idx", std::string("\0\0\x8\1\0\0\0\x14", 8) + std::string(20, '\1'));
  const std::vector<std::string> all = blocks(read(experiments() / "REFERENCE.md"));
  REQUIRE(all.size() > 8);
  const Json base = Json::parse(all.front(), "the first block");
  for (const std::string& block : all) {
    CAPTURE(block);
    directory.file("exp.json", replaced(base, Json::parse(block, "a block")));
    const Result result =
        run_program({.arguments = {"check", "exp.json"}, .directory = directory.path()});
    CAPTURE(result.err);
    CHECK(result.status == 0);
  }
}
