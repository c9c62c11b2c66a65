// Views of the data that cross the boundary, as spans with sizes: shapes, fields, matrices, and the
// passes of finite networks. A view owns nothing and is valid during the call that it belongs to.
//
// Thread safety: values; the caller owns the data.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace widelimit::sdk {

/// Channels and spatial axes of an activation.
class Shape {
 public:
  explicit Shape(const widelimit_shape& shape) : shape_(&shape) {}

  /// Channels at finite width; 0: unknown, because only kernels are computed.
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
  /// Whether the activation is a Gaussian process in the limit.
  [[nodiscard]] bool gaussian() const { return (shape_->flags & WIDELIMIT_SHAPE_GAUSSIAN) != 0; }
  /// For an input of a layer with several inputs: whether this branch has random weights that no
  /// other branch shares.
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

/// The shapes of all inputs of a layer.
class Shapes {
 public:
  Shapes(const widelimit_shape* const* shapes, std::size_t size) : shapes_(shapes), size_(size) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Shape operator[](std::size_t i) const { return Shape(*shapes_[i]); }

 private:
  const widelimit_shape* const* shapes_;
  std::size_t size_;
};

/// Covariances of one bundle at one displacement, [site][lane]. T is float or double and must match
/// widelimit_field::dtype.
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

/// Calls body(float{}) or body(double{}), as `dtype` says.
template <class F>
decltype(auto) with_precision(std::uint32_t dtype, F&& body) {
  if (dtype == WIDELIMIT_F32) return body(float{});
  if (dtype == WIDELIMIT_F64) return body(double{});
  throw unsupported("fields are float32 or float64, not of dtype " + std::to_string(dtype));
}

/// A row-major matrix [rows, cols] with a stride. Empty if the caller passed no data.
class MatrixView {
 public:
  MatrixView() = default;
  explicit MatrixView(widelimit_matrix matrix) : matrix_(matrix) {}
  MatrixView(double* data, std::int64_t rows, std::int64_t cols, std::int64_t stride)
      : matrix_{data, rows, cols, stride} {}

  [[nodiscard]] std::int64_t rows() const { return matrix_.rows; }
  [[nodiscard]] std::int64_t cols() const { return matrix_.cols; }
  /// Distance from one row to the next in numbers, at least cols().
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

/// One batch passed through a layer of finite width: arrays [sample, site..., channel] in C order,
/// as flat spans. A span is empty if the call does not use it or the caller does not want it.
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
  /// Output of forward.
  [[nodiscard]] std::span<double> y() const { return span(pass_.y, out_size()); }

  /// jvp: y_dot = dy/dtheta theta_dot + sum over the inputs of dy/dx x_dot. An empty theta_dot
  /// means zero.
  [[nodiscard]] std::span<const double> theta_dot() const {
    return span(pass_.theta_dot, theta_size());
  }
  [[nodiscard]] std::span<const double> x_dot(std::size_t i = 0) const {
    return span(at(pass_.x_dot, i), in_size(i));
  }
  [[nodiscard]] std::span<double> y_dot() const { return span(pass_.y_dot, out_size()); }

  /// vjp: theta_bar += (dy/dtheta)' y_bar and x_bar += (dy/dx)' y_bar, unless the span is empty.
  [[nodiscard]] std::span<const double> y_bar() const { return span(pass_.y_bar, out_size()); }
  [[nodiscard]] std::span<double> theta_bar() const { return span(pass_.theta_bar, theta_size()); }
  [[nodiscard]] std::span<double> x_bar(std::size_t i = 0) const {
    return span(at(pass_.x_bar, i), in_size(i));
  }

  /// This pass with x_dot, y_dot in place of x, y. If a layer is linear in x and has no weights,
  /// its jvp is forward(pass.tangent()).
  [[nodiscard]] Pass tangent() const {
    Pass pass = *this;
    pass.pass_.x = pass_.x_dot;
    pass.pass_.y = pass_.y_dot;
    return pass;
  }

  /// Scratch memory of the size that the layer's plan asked for.
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
