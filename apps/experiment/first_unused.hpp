// Pairing lists of the layers of one network: layers unrolled by `repeat` share one place in the
// file, so only their order distinguishes them.
// Thread safety: one thread at a time.
#pragma once

#include "common/sizes.hpp"

#include <cstddef>
#include <vector>

namespace widelimit::experiment {

/// Gives each element of a list once.
template <class T>
class FirstUnused {
 public:
  /// `list` must outlive this object.
  explicit FirstUnused(const std::vector<T>& list) : list_(list), used_(list.size()) {}

  /// The first element that fits and was not given before; NULL where there is none.
  template <class Fits>
  const T* find(Fits fits) {
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (!used_[i] && fits(list_[i])) {
        used_[i] = true;
        return &list_[i];
      }
    return nullptr;
  }
  /// Position of an element that find() gave.
  [[nodiscard]] std::size_t position(const T* element) const {
    return to_size(element - list_.data());
  }

 private:
  const std::vector<T>& list_;
  std::vector<bool> used_;
};

}  // namespace widelimit::experiment
