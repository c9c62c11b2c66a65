// The options of a verb. CLI11 stands behind it, in two files alone: its header takes seconds to
// compile.
// Thread safety: the main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace widelimit::program {

/// Declares what a verb takes. Every variable gets its value when the command line is parsed, and
/// must still exist then. `type_name` is what --help shows for the value, such as "DIR". Names
/// without dashes are positional arguments.
class Parser {
 public:
  explicit Parser(CLI::App& app) : app_(&app) {}

  /// Adds a verb to a program.
  [[nodiscard]] Parser verb(const char* name, const char* summary) const;

  void option(const char* name, std::string& value, const char* summary,
              const char* type_name) const;
  void required_option(const char* name, std::string& value, const char* summary,
                       const char* type_name) const;
  void option(const char* name, std::uint64_t& value, const char* summary,
              const char* type_name) const;
  /// A number from `least` to `most`.
  void option(const char* name, int& value, int least, int most, const char* summary,
              const char* type_name) const;
  /// An option that may be given several times, with one value each time.
  void repeatable_option(const char* name, std::vector<std::string>& values, const char* summary,
                         const char* type_name) const;
  /// The same for directories that exist.
  void directories(const char* name, std::vector<std::string>& values, const char* summary) const;
  void flag(const char* name, bool& value, const char* summary) const;
  /// A flag that cannot go with these options.
  void flag_without(const std::vector<const char*>& others, const char* name, bool& value,
                    const char* summary) const;
  /// Text after the options in --help.
  void footer(const char* text) const;

  /// Whether the command line has this verb.
  [[nodiscard]] bool parsed() const;
  [[nodiscard]] std::string name() const;

 private:
  CLI::App* app_;
};

}  // namespace widelimit::program
