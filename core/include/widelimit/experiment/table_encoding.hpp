// How a table of words, numbers and gaps becomes numbers. It is learned from the training samples
// and is the same for test samples and for all later ones.
// Thread safety: values.
#pragma once

#include <widelimit/abi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace widelimit {

/// The columns of a table that become features, in the order of the training file. A column of
/// numbers becomes one feature. A column of words becomes one feature for each word that the
/// training samples have: 1 where the sample has the word, else 0.
struct WIDELIMIT_EXPORT TableEncoding {
  struct Column {
    std::string name = {};                ///< empty: the table has no names
    std::int64_t position = 0;            ///< in the training file, from 0
    bool category = false;                ///< a column of words
    std::vector<std::string> words = {};  ///< of a category, sorted
    double mean = 0;          ///< of a column of numbers in training; stands where there is a gap
    bool marks_gaps = false;  ///< one more feature at the end: 1 where there is a gap, else 0
  };
  std::vector<Column> columns = {};  ///< empty: the samples are not from a table
  /// Of targets that are words, sorted: the target k is the word labels[k].
  std::vector<std::string> labels = {};

  /// The number of features.
  [[nodiscard]] std::int64_t features() const;
  /// "height", "colour=red", "height is missing"; of a table without names "x0" and so on. Empty
  /// for samples without names in which each column is one feature.
  [[nodiscard]] std::vector<std::string> feature_names() const;
};

}  // namespace widelimit
