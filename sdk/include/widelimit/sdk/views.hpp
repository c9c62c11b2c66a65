// Views of what crosses the boundary, with the sizes that C leaves out: shapes, fields, matrices,
// and the passes of finite networks. Views own nothing and are valid for the call they came with.
//
// Thread safety: values; what they point to is the caller's.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace widelimit::sdk {

/// Channels and spatial axes of one activation.
class Shape {
 public:
  explicit Shape(const widelimit_shape& shape) : shape_(&shape) {}

  /// Of the finite network; 0: not given, because only kernels are asked for.
  [[nodiscard]] std::int64_t channels() const { return shape_->channels; }
  /// Sites along each axis; empty for dense networks.
  [[nodiscard]] std::span<const std::int64_t> spatial() const {
    return {shape_->spatial, static_cast<std::size_t>(shape_->n_spatial)};
  }
  [[nodiscard]] std::int64_t sites() const {
    std::int64_t n = 1;
    for (const std::int64_t extent : spatial()) n *= extent;
    return n;
  }
  /// Numbers in one sample: sites x channels.
  [[nodiscard]] std::int64_t size() const { return sites() * channels(); }
  /// In the limit a Gaussian process?
  [[nodiscard]] bool gaussian() const { return (shape_->flags & WIDELIMIT_SHAPE_GAUSSIAN) != 0; }
  /// Input of a combining layer: has its branch random weights of its own?
  [[nodiscard]] bool independent() const {
    return (shape_->flags & WIDELIMIT_SHAPE_INDEPENDENT) != 0;
  }
  [[nodiscard]] bool same_sites(const Shape& other) const {
    const auto a = spatial(), b = other.spatial();
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i] != b[i]) return false;
    return true;
  }

 private:
  const widelimit_shape* shape_;
};

/// Covariances of one bundle at one displacement, [site][lane], in precision T (float or double),
/// which must be the field's: see widelimit_field::dtype.
template <class T>
class FieldView {
 public:
  using scalar = T;

  explicit FieldView(const widelimit_field& field) : field_(&field) {}

  [[nodiscard]] std::int64_t lanes() const { return field_->lanes; }
  [[nodiscard]] std::int64_t sites() const {
    std::int64_t n = 1;
    for (int axis = 0; axis < field_->rank; ++axis) n *= field_->extent[axis];
    return n;
  }
  /// Sites along each axis of the field, the first site p, and the displacement d.
  [[nodiscard]] std::span<const std::int64_t> extent() const { return axes(field_->extent); }
  [[nodiscard]] std::span<const std::int64_t> origin() const { return axes(field_->origin); }
  [[nodiscard]] std::span<const std::int64_t> displacement() const {
    return axes(field_->displacement);
  }
  [[nodiscard]] bool has_ntk() const { return field_->ntk != nullptr; }
  [[nodiscard]] std::span<T> nngp(std::int64_t site) const { return lanes_of(field_->nngp, site); }
  [[nodiscard]] std::span<T> ntk(std::int64_t site) const { return lanes_of(field_->ntk, site); }

 private:
  [[nodiscard]] std::span<const std::int64_t> axes(const std::int64_t* values) const {
    return {values, static_cast<std::size_t>(field_->rank)};
  }
  [[nodiscard]] std::span<T> lanes_of(void* values, std::int64_t site) const {
    return {static_cast<T*>(values) + site * field_->lanes,
            static_cast<std::size_t>(field_->lanes)};
  }

  const widelimit_field* field_;
};

/// Calls `body` with a T of the precision `dtype` names: body(float{}) or body(double{}).
template <class F>
decltype(auto) with_precision(std::uint32_t dtype, F&& body) {
  if (dtype == WIDELIMIT_F32) return body(float{});
  if (dtype == WIDELIMIT_F64) return body(double{});
  throw unsupported("fields are float32 or float64, not of dtype " + std::to_string(dtype));
}

/// A row-major matrix with a stride, [rows, cols]. Empty where the caller passed no data.
class MatrixView {
 public:
  MatrixView() = default;
  explicit MatrixView(widelimit_matrix matrix) : matrix_(matrix) {}
  MatrixView(double* data, std::int64_t rows, std::int64_t cols, std::int64_t stride)
      : matrix_{data, rows, cols, stride} {}

  [[nodiscard]] std::int64_t rows() const { return matrix_.rows; }
  [[nodiscard]] std::int64_t cols() const { return matrix_.cols; }
  /// Numbers from one row to the next, at least cols().
  [[nodiscard]] std::int64_t stride() const { return matrix_.ld; }
  [[nodiscard]] double* data() const { return matrix_.data; }
  [[nodiscard]] bool empty() const { return matrix_.data == nullptr; }
  [[nodiscard]] double& operator()(std::int64_t row, std::int64_t col) const {
    return matrix_.data[row * matrix_.ld + col];
  }
  [[nodiscard]] std::span<double> row(std::int64_t i) const {
    return {matrix_.data + i * matrix_.ld, static_cast<std::size_t>(matrix_.cols)};
  }
  [[nodiscard]] widelimit_matrix raw() const { return matrix_; }

 private:
  widelimit_matrix matrix_{};
};

/// One batch through a layer of finite width: arrays [sample, site..., channel] in C order, as flat
/// spans. Spans that a call does not use, or that the caller does not want, are empty.
class Pass {
 public:
  explicit Pass(const widelimit_pass& pass) {
    widelimit_copy(&pass_, sizeof pass_, &pass, pass.struct_size);
  }

  [[nodiscard]] std::size_t inputs() const { return pass_.n_inputs; }
  [[nodiscard]] std::int64_t batch() const { return pass_.batch; }
  [[nodiscard]] Shape in(std::size_t i = 0) const { return Shape(*pass_.in_shape[i]); }
  [[nodiscard]] Shape out() const { return Shape(*pass_.out_shape); }

  [[nodiscard]] std::span<const double> theta() const { return span(pass_.theta, theta_size()); }
  [[nodiscard]] std::span<const double> x(std::size_t i = 0) const {
    return span(at(pass_.x, i), in_size(i));
  }
  /// forward writes it.
  [[nodiscard]] std::span<double> y() const { return span(pass_.y, out_size()); }

  /// jvp: y_dot = dy/dtheta theta_dot + sum over the inputs of dy/dx x_dot. Empty theta_dot: zero.
  [[nodiscard]] std::span<const double> theta_dot() const {
    return span(pass_.theta_dot, theta_size());
  }
  [[nodiscard]] std::span<const double> x_dot(std::size_t i = 0) const {
    return span(at(pass_.x_dot, i), in_size(i));
  }
  [[nodiscard]] std::span<double> y_dot() const { return span(pass_.y_dot, out_size()); }

  /// vjp: theta_bar += (dy/dtheta)' y_bar and x_bar += (dy/dx)' y_bar, each where it is not empty.
  [[nodiscard]] std::span<const double> y_bar() const { return span(pass_.y_bar, out_size()); }
  [[nodiscard]] std::span<double> theta_bar() const { return span(pass_.theta_bar, theta_size()); }
  [[nodiscard]] std::span<double> x_bar(std::size_t i = 0) const {
    return span(at(pass_.x_bar, i), in_size(i));
  }

  /// This pass for the function x -> y at x_dot, y_dot: the jvp of a layer that is linear in x and
  /// has no weights is its forward on this.
  [[nodiscard]] Pass tangent() const {
    Pass pass = *this;
    pass.pass_.x = pass_.x_dot;
    pass.pass_.y = pass_.y_dot;
    return pass;
  }

  /// The scratch_bytes that the layer's plan asked for.
  [[nodiscard]] void* scratch() const { return pass_.scratch; }

 private:
  template <class P>
  static auto at(P* const* pointers, std::size_t i) -> P* {
    return pointers == nullptr ? nullptr : pointers[i];
  }
  template <class T>
  static std::span<T> span(T* data, std::size_t size) {
    return data == nullptr ? std::span<T>() : std::span<T>(data, size);
  }
  [[nodiscard]] std::size_t theta_size() const {
    return static_cast<std::size_t>(pass_.theta_size);
  }
  [[nodiscard]] std::size_t in_size(std::size_t i) const {
    return static_cast<std::size_t>(batch() * in(i).size());
  }
  [[nodiscard]] std::size_t out_size() const {
    return static_cast<std::size_t>(batch() * out().size());
  }

  widelimit_pass pass_;
};

}  // namespace widelimit::sdk
