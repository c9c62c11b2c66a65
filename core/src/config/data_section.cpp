// The sections on data sources and preprocessing.
#include "config/sections.hpp"
#include "files/csv_format.hpp"

#include <algorithm>
#include <optional>

namespace widelimit::detail {

namespace {

/// Column names and column indices.
ColumnChoice read_columns(Reading& reading, const Value::Array& columns, const std::string& pointer,
                          bool header, bool alone) {
  ColumnChoice choice;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Value& column = columns[i];
    const std::string at = alone ? pointer : child(pointer, i);
    const auto refuse = [&](const std::string& message) {
      reading.report.add(column, at, message);
    };
    if (std::any_of(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const Value& earlier) { return same(earlier, column); }))
      refuse("the column " + short_json(column) + " is named twice");
    if (const std::string* name = column.string()) {
      choice.names.push_back(*name);
      if (!header)
        refuse("columns have no names where \"header\" is false; give their indices, from 0");
    } else if (column.number() && column.integer().value_or(-1) >= 0) {
      choice.indices.push_back(*column.integer());
    } else {
      refuse("must be the name of a column or its index from 0, got " + short_json(column));
    }
  }
  return choice;
}

/// One column or a list, of names or indices; not both.
void read_target(Reading& reading, Value& target, const std::string& pointer, DataSource& source) {
  if (target.array() == nullptr) {
    const Value one = target;
    target.data = Value::Array{one};
  }
  const Value::Array& columns = *target.array();
  if (columns.empty()) reading.report.add(target, pointer, "must have at least 1 column, got none");
  ColumnChoice choice = read_columns(reading, columns, pointer, source.header, columns.size() == 1);
  source.target_names = std::move(choice.names);
  source.target_indices = std::move(choice.indices);
  if (!source.target_names.empty() && !source.target_indices.empty())
    reading.report.add(target, pointer, "must be names or indices, not both");
}

/// A list of columns under a key; "auto" where that is allowed.
ColumnChoice read_column_list(Reading& reading, const Value& source, const char* key,
                              const std::string& pointer, bool header, bool* automatic) {
  const Value* list = source.find(key);
  const std::string at = child(pointer, key);
  if (list == nullptr) return {};
  if (automatic != nullptr && list->string() != nullptr && *list->string() == "auto") {
    *automatic = true;
    return {};
  }
  if (list->array() != nullptr) return read_columns(reading, *list->array(), at, header, false);
  reading.report.add(*list, at,
                     std::string("must be ") + (automatic != nullptr ? "\"auto\" or " : "") +
                         "a list of columns, by name or by index from 0, got " + short_json(*list));
  return {};
}

std::optional<char> read_delimiter(Reading& reading, const Value& source,
                                   const std::string& pointer, char decimal) {
  const Value* value = value_or_null(source, "delimiter");
  if (value == nullptr) return std::nullopt;
  const std::string& text = *value->string();
  const auto refuse = [&](const std::string& message) {
    reading.report.add(*value, child(pointer, "delimiter"), message);
  };
  if (text.size() != 1 || !may_delimit(text.front()))
    refuse("must be one character, such as \",\", \";\", \"\\t\" or \" \" for white space, got " +
           short_json(*value));
  else if (text.front() == decimal)
    refuse("must differ from the decimal mark, which is " + short_json(*source.find("decimal")));
  return text.empty() ? ',' : text.front();
}

TableOptions read_table(Reading& reading, const Value& source, const std::string& pointer,
                        bool header) {
  TableOptions table;
  table.decimal = string_of(source, "decimal").front();
  table.delimiter = read_delimiter(reading, source, pointer, table.decimal);
  table.categories =
      read_column_list(reading, source, "categories", pointer, header, &table.automatic_categories);
  table.ignore = read_column_list(reading, source, "ignore", pointer, header, nullptr);
  table.unknown =
      string_of(source, "unknown") == "zeros" ? UnknownWords::zeros : UnknownWords::error;
  const std::string& missing = string_of(source, "missing");
  table.missing = missing == "drop"   ? MissingValues::drop
                  : missing == "mean" ? MissingValues::mean
                                      : MissingValues::error;
  return table;
}

void read_make_regression(Reading& reading, Value& value, const std::string& pointer,
                          DataSource& source) {
  source.n_samples = integer_of(value, "n_samples");
  source.n_features = integer_of(value, "n_features");
  if (value.find("n_informative") == nullptr)
    set_member(value, "n_informative",
               {.data = std::min(source.n_informative, source.n_features), .origin = value.origin});
  source.n_informative = integer_of(value, "n_informative");
  if (source.n_informative > source.n_features)
    reading.report.add(*value.find("n_informative"), child(pointer, "n_informative"),
                       "must be <= n_features, which is " + std::to_string(source.n_features) +
                           ", got " + std::to_string(source.n_informative));
  source.noise = number_of(value, "noise");
  source.seed = static_cast<std::uint64_t>(integer_of(value, "seed"));
}

DataSource read_source(Reading& reading, Value& value, const std::string& pointer,
                       const Variants& sources) {
  DataSource source;
  source.place = reading.place(value, pointer);
  const Value* schema = reading.variant(sources, value, pointer);
  if (schema == nullptr) return source;
  const std::string type = string_of(value, "type");
  const bool header_given = value.find("header") != nullptr;
  const bool conforms = reading.conforms(*schema, value, pointer, {type});
  if (type == "csv") {
    const Value* header = value.find("header");
    source.type = SourceType::csv;
    source.header = header == nullptr || header->boolean() == nullptr || *header->boolean();
    if (Value* target = value.find("target"))
      read_target(reading, *target, child(pointer, "target"), source);
  }
  if (!conforms) return source;
  const auto file = [&](const char* key) {
    return reading.path(*value.find(key), child(pointer, key), "the path of a file");
  };
  const auto file_if_given = [&](const char* key) {
    return value.find(key) != nullptr ? file(key) : std::filesystem::path();
  };
  if (value_or_null(value, "rows") != nullptr) source.rows = file("rows");
  source.offset = integer_of(value, "offset");
  if (const Value* limit = value_or_null(value, "limit")) source.limit = *limit->integer();
  if (type == "npy") {
    source.x = file("x");
    source.y = file_if_given("y");
  } else if (type == "npz") {
    source.type = SourceType::npz;
    source.x = file("path");
    source.x_array = string_of(value, "x");
    if (value.find("y") != nullptr) source.y_array = string_of(value, "y");
  } else if (type == "csv") {
    source.x = file("path");
    source.table = read_table(reading, value, pointer, source.header);
    source.table.header_given = header_given;
  } else if (type == "idx") {
    source.type = SourceType::idx;
    source.x = file("images");
    source.y = file_if_given("labels");
  } else {
    source.type = SourceType::make_regression;
    read_make_regression(reading, value, pointer, source);
  }
  return source;
}

/// A test table is written like the training table unless it says otherwise, and words and means
/// belong to that one.
void inherit_table(Reading& reading, const Value& train, Value& test, const std::string& pointer) {
  const auto is_csv = [](const Value& source) {
    const Value* type = source.find("type");
    return type != nullptr && type->string() != nullptr && *type->string() == "csv";
  };
  if (train.object() == nullptr || test.object() == nullptr || !is_csv(train) || !is_csv(test))
    return;
  const Value *own = test.find("categories"), *learned = train.find("categories");
  if (own != nullptr && !(learned != nullptr && same(*own, *learned)))
    reading.report.add(*own, child(pointer, "categories"),
                       "belongs to the training data: the words of test samples become the "
                       "features that training has; remove it");
  for (const char* key :
       {"header", "delimiter", "decimal", "categories", "unknown", "missing", "ignore"})
    if (const Value* value = train.find(key); value != nullptr && test.find(key) == nullptr)
      set_member(test, key, *value);
}

PreprocessStep read_step(Reading& reading, Value& value, const std::string& pointer) {
  PreprocessStep step;
  step.place = reading.place(value, pointer);
  name_to_object(value);
  const Value* schema = reading.variant(preprocess_steps(), value, pointer);
  if (schema == nullptr) return step;
  const std::string type = string_of(value, "type");
  if (!reading.conforms(*schema, value, pointer, {type})) return step;
  if (type == "standardize_x" || type == "center_x") {
    if (type == "center_x") step.type = PreprocessType::center_x;
    step.per_feature = string_of(value, "per") == "feature";
  } else if (type == "standardize_y") {
    step.type = PreprocessType::standardize_y;
  } else if (type == "unit_norm") {
    step.type = PreprocessType::unit_norm;
  } else if (type == "scale") {
    step.type = PreprocessType::scale;
    step.factor = number_of(value, "factor");
    if (step.factor == 0)
      reading.report.add(*value.find("factor"), child(pointer, "factor"),
                         "must not be 0, which leaves nothing of the samples");
  } else if (type == "zca") {
    step.type = PreprocessType::zca;
    step.regularization = number_of(value, "regularization");
  } else {
    step.type = PreprocessType::one_hot;
    if (const Value* classes = value_or_null(value, "classes")) step.classes = *classes->integer();
    step.centered = boolean_of(value, "centered");
    for (const Value& name : *value.find("names")->array()) step.names.push_back(*name.string());
    if (!step.names.empty() && step.classes && *step.classes != std::ssize(step.names))
      reading.report.add(*value.find("names"), child(pointer, "names"),
                         "must be as many as \"classes\", which is " +
                             std::to_string(*step.classes) + ", got " +
                             std::to_string(step.names.size()));
  }
  return step;
}

}  // namespace

DataSpec read_data(Reading& reading, Value& data, const std::string& pointer) {
  DataSpec spec;
  spec.place = reading.place(data, pointer);
  reading.conforms(own_schema("data"), data, pointer, {"data"});
  Value *train = data.find("train"), *test = data.find("test"), *split = data.find("split");
  const std::optional<Value> written = train != nullptr ? std::optional(*train) : std::nullopt;
  const std::size_t before = reading.report.size();
  if (train != nullptr)
    spec.train = read_source(reading, *train, child(pointer, "train"), data_sources());
  if (train != nullptr && test != nullptr && reading.report.size() == before)
    inherit_table(reading, *written, *test, child(pointer, "test"));
  if (test != nullptr)
    spec.test = read_source(reading, *test, child(pointer, "test"), test_sources());
  if (split != nullptr) {
    const std::string at = child(pointer, "split");
    if (test != nullptr)
      reading.report.add(*split, at,
                         "\"test\" and \"split\" exclude each other: test rows come from a source "
                         "of their own or from the training set; remove one");
    if (reading.conforms(own_schema("split"), *split, at, {"split"}))
      spec.split = Split{number_of(*split, "test_fraction"), boolean_of(*split, "shuffle")};
  }
  return spec;
}

std::vector<PreprocessStep> read_preprocess(Reading& reading, Value& steps,
                                            const std::string& pointer) {
  std::vector<PreprocessStep> all;
  if (steps.array() == nullptr) {
    reading.report.add(steps, pointer, "must be a list of steps, got " + short_json(steps));
    return all;
  }
  bool y_standardized = false, one_hot = false;
  for (std::size_t i = 0; i < steps.array()->size(); ++i) {
    Value& value = (*steps.array())[i];
    const std::string at = child(pointer, i);
    const std::size_t before = reading.report.size();
    PreprocessStep step = read_step(reading, value, at);
    if (reading.report.size() != before) continue;
    const bool is_y = step.type == PreprocessType::standardize_y;
    const bool is_one_hot = step.type == PreprocessType::one_hot;
    if ((is_y && y_standardized) || (is_one_hot && one_hot))
      reading.report.add(value, at, string_of(value, "type") + " is there already; once is enough");
    else if (is_one_hot && y_standardized)
      reading.report.add(value, at, "one_hot needs integer labels; put it before standardize_y");
    y_standardized = y_standardized || is_y;
    one_hot = one_hot || is_one_hot;
    all.push_back(std::move(step));
  }
  return all;
}

}  // namespace widelimit::detail
