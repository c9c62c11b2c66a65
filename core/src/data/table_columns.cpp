// Columns by name and by position.
#include "data/table_columns.hpp"

#include "base/sizes.hpp"
#include "files/csv_number.hpp"
#include "text/names.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace widelimit::detail {

namespace {

constexpr std::size_t most_listed = 20;

std::string all_quoted(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) {
    if (quoted.size() == most_listed) break;
    quoted.push_back(in_quotes(name));
  }
  return list_text(quoted) + (names.size() > most_listed
                                  ? " and " + std::to_string(names.size() - most_listed) + " more"
                                  : "");
}

// A name without the blanks and quotes around it.
std::string_view bare(std::string_view name) {
  for (;;) {
    const std::size_t before = name.size();
    name = trimmed(name);
    if (name.size() > 1 && name.front() == name.back() &&
        (name.front() == '"' || name.front() == '\''))
      name = name.substr(1, name.size() - 2);
    if (name.size() == before) return name;
  }
}

// What a name that is not in the table may have meant.
std::string suggestion(const std::string& name, const TableHeader& header) {
  for (const std::string& other : header.names) {
    if (bare(other) != bare(name)) continue;
    const bool quotes =
        trimmed(other).size() != bare(other).size() || trimmed(name).size() != bare(name).size();
    return "; the header has " + in_quotes(other) + ", which differs in " +
           (quotes ? "quotes" : "blanks") + " alone: write the name so";
  }
  if (header.width == 1 && !header.names.empty() &&
      header.names.front().find_first_of("|:,;\t ") != std::string::npos)
    return "; the first line is one field, " + in_quotes(header.names.front()) +
           ": say with \"delimiter\" what separates fields";
  return did_you_mean(name, header.names);
}

std::vector<std::size_t> places_of(const std::string& name, const TableHeader& header) {
  std::vector<std::size_t> places;
  for (std::size_t c = 0; c < header.names.size(); ++c)
    if (header.names[c] == name) places.push_back(c);
  return places;
}

std::size_t position_of(const std::string& name, const TableHeader& header) {
  if (header.names.empty())
    refuse(header.file, "the column " + in_quotes(name) +
                            " is a name, but \"header\" is false; give an index from 0");
  const std::vector<std::size_t> places = places_of(name, header);
  if (places.empty())
    refuse(header.file, "no column is named " + in_quotes(name) + suggestion(name, header) +
                            "; the columns are " + all_quoted(header.names));
  if (places.size() > 1)
    refuse(header.file, (places.size() == 2 ? "two" : std::to_string(places.size())) +
                            std::string(" columns are named ") + in_quotes(name) +
                            "; give the index of the column, from 0");
  return places.front();
}

bool contains(const std::vector<std::size_t>& positions, std::size_t position) {
  return std::find(positions.begin(), positions.end(), position) != positions.end();
}

std::string name_of(std::size_t position, const TableHeader& header) {
  return position < header.names.size() && !header.names[position].empty()
             ? in_quotes(header.names[position])
             : std::to_string(position) + " (counted from 0)";
}

// Names that a column can be found by.
bool are_distinct(const std::vector<std::string>& names) {
  return !names.empty() && std::set<std::string>(names.begin(), names.end()).size() == names.size();
}

// Of a test table: the columns of the training table by their names.
void match_by_name(const TableHeader& header, const TableColumns& training,
                   const std::vector<std::size_t>& ignored, bool own_targets,
                   TableColumns& columns) {
  if (!own_targets) {
    for (const std::size_t target : training.targets)
      if (const auto places = places_of(training.names[target], header); places.size() == 1)
        columns.targets.push_back(places.front());
    // Some of the targets are of no use.
    if (columns.targets.size() != training.targets.size()) columns.targets.clear();
  }
  for (const std::size_t feature : training.features)
    columns.features.push_back(position_of(training.names[feature], header));
  for (std::size_t c = 0; c < header.width; ++c) {
    const auto in_training =
        std::find(training.names.begin(), training.names.end(), header.names[c]);
    if (contains(columns.features, c) || contains(columns.targets, c) || contains(ignored, c) ||
        in_training != training.names.end() || (c == 0 && header.first_is_index))
      continue;
    refuse(header.file, "the column " + name_of(c, header) +
                            " is not in the training table; remove it, or name it in \"ignore\"");
  }
}

// Likewise by position: a table as wide as the training table, or one without its targets.
void match_by_position(const TableHeader& header, const TableColumns& training,
                       const std::vector<std::size_t>& ignored, bool own_targets,
                       TableColumns& columns) {
  if (own_targets) {
    for (std::size_t c = 0; c < header.width; ++c)
      if (!contains(columns.targets, c) && !contains(ignored, c) &&
          !(c == 0 && header.first_is_index))
        columns.features.push_back(c);
  } else if (header.width == training.width) {
    columns.features = training.features;
    columns.targets = training.targets;
  } else if (header.width + training.targets.size() == training.width) {
    for (const std::size_t feature : training.features)
      columns.features.push_back(
          feature - to_size(std::count_if(training.targets.begin(), training.targets.end(),
                                          [&](std::size_t target) { return target < feature; })));
  } else {
    refuse(header.file, "has " + count_text(header.width, "column") + ", the training table " +
                            std::to_string(training.width) + "; they must agree");
  }
}

}  // namespace

std::vector<std::size_t> positions_of(const ColumnChoice& choice, const TableHeader& header) {
  std::vector<std::size_t> positions;
  for (const std::string& name : choice.names) positions.push_back(position_of(name, header));
  for (const std::int64_t index : choice.indices) {
    if (index < 0 || index >= static_cast<std::int64_t>(header.width))
      refuse(header.file, "there is no column " + std::to_string(index) + "; it has " +
                              count_text(header.width, "column") + ", counted from 0");
    positions.push_back(to_size(index));
  }
  return positions;
}

TableColumns table_columns(const DataSource& spec, const TableHeader& header,
                           const TableColumns* training) {
  TableColumns columns;
  columns.names = header.names;
  columns.width = header.width;
  columns.automatic = spec.table.automatic_categories;
  columns.targets =
      positions_of({.names = spec.target_names, .indices = spec.target_indices}, header);
  const bool own_targets = !columns.targets.empty();
  std::vector<std::size_t> sorted = columns.targets;
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    refuse(header.file, "column " + std::to_string(*twice) + " (counted from 0) is a target twice");
  if (training == nullptr && !own_targets)
    refuse(header.file, "needs a \"target\": the columns that are predicted");

  if (training != nullptr) {
    // A test table need not have the columns that the training table has and nobody reads.
    ColumnChoice there = spec.table.ignore;
    std::erase_if(there.names,
                  [&](const std::string& name) { return places_of(name, header).empty(); });
    std::erase_if(there.indices, [&](std::int64_t index) {
      return index >= static_cast<std::int64_t>(header.width);
    });
    const std::vector<std::size_t> ignored = positions_of(there, header);
    if (are_distinct(training->names) && !header.names.empty())
      match_by_name(header, *training, ignored, own_targets, columns);
    else
      match_by_position(header, *training, ignored, own_targets, columns);
    columns.listed = training->listed;
    columns.automatic = training->automatic;
    if (columns.features.size() != training->features.size())
      refuse(header.file, "has " + count_text(columns.features.size(), "column") +
                              " for the samples, the training table " +
                              std::to_string(training->features.size()) + "; they must agree");
    return columns;
  }

  const std::vector<std::size_t> ignored = positions_of(spec.table.ignore, header),
                                 categories = positions_of(spec.table.categories, header);
  const auto refuse_if_both = [&](const std::vector<std::size_t>& positions, const char* what) {
    for (const std::size_t position : positions)
      if (contains(columns.targets, position))
        refuse(header.file, "the column " + name_of(position, header) + " is a target and " + what);
  };
  refuse_if_both(ignored, "is to be ignored");
  refuse_if_both(categories,
                 "is among the categories; words in a target become classes by the step "
                 "one_hot alone");
  for (const std::size_t position : categories)
    if (contains(ignored, position))
      refuse(header.file, "the column " + name_of(position, header) +
                              " is among the categories and is to be ignored");
  for (std::size_t c = 0; c < header.width; ++c) {
    if (contains(columns.targets, c) || contains(ignored, c) ||
        (c == 0 && header.first_is_index && !contains(categories, c)))
      continue;
    columns.features.push_back(c);
    columns.listed.push_back(contains(categories, c));
  }
  if (columns.features.empty())
    refuse(header.file, "every column is a target; none is left for the samples");
  return columns;
}

}  // namespace widelimit::detail
