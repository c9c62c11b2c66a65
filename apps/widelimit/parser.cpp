// Options in the terms of CLI11.
#include "parser.hpp"

#include <CLI/CLI.hpp>

namespace widelimit::program {

Parser Parser::verb(const char* name, const char* summary) const {
  return Parser(*app_->add_subcommand(name, summary));
}

void Parser::option(const char* name, std::string& value, const char* summary,
                    const char* type_name) const {
  app_->add_option(name, value, summary)->type_name(type_name);
}

void Parser::required_option(const char* name, std::string& value, const char* summary,
                             const char* type_name) const {
  app_->add_option(name, value, summary)->required()->type_name(type_name);
}

void Parser::option(const char* name, std::uint64_t& value, const char* summary,
                    const char* type_name) const {
  app_->add_option(name, value, summary)->type_name(type_name);
}

void Parser::option(const char* name, int& value, int least, int most, const char* summary,
                    const char* type_name) const {
  app_->add_option(name, value, summary)->type_name(type_name)->check(CLI::Range(least, most));
}

void Parser::repeatable_option(const char* name, std::vector<std::string>& values,
                               const char* summary, const char* type_name) const {
  app_->add_option(name, values, summary)->allow_extra_args(false)->type_name(type_name);
}

void Parser::directories(const char* name, std::vector<std::string>& values,
                         const char* summary) const {
  app_->add_option(name, values, summary)
      ->allow_extra_args(false)
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
}

void Parser::flag(const char* name, bool& value, const char* summary) const {
  app_->add_flag(name, value, summary);
}

void Parser::flag_without(const std::vector<const char*>& others, const char* name, bool& value,
                          const char* summary) const {
  CLI::Option* const flag = app_->add_flag(name, value, summary);
  for (const char* other : others) flag->excludes(app_->get_option(other));
}

void Parser::footer(const char* text) const { app_->footer(text); }

bool Parser::parsed() const { return app_->parsed(); }

std::string Parser::name() const { return app_->get_name(); }

}  // namespace widelimit::program
