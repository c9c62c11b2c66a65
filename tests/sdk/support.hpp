// Hosts, parameters, fields and runs for tests of the SDK, without core.
#pragma once

#include <widelimit/abi.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <variant>
#include <vector>

namespace widelimit::test {

/// A parameter object as core would hand it over. Values of lists have pointers of their own.
class FakeParams {
 public:
  struct List {
    std::uint64_t length;
  };
  using Value = std::variant<double, std::int64_t, bool, std::string, List>;

  FakeParams(std::map<std::string, Value> values) : values_(std::move(values)) {
    table_.struct_size = sizeof table_;
    table_.ctx = this;
    table_.number = [](const void* ctx, const char* pointer, double* out) {
      if (const auto* i = find<std::int64_t>(ctx, pointer)) return *out = double(*i), ok;
      const auto* x = find<double>(ctx, pointer);
      return x != nullptr ? (*out = *x, ok) : missing;
    };
    table_.integer = [](const void* ctx, const char* pointer, std::int64_t* out) {
      const auto* i = find<std::int64_t>(ctx, pointer);
      return i != nullptr ? (*out = *i, ok) : missing;
    };
    table_.boolean = [](const void* ctx, const char* pointer, std::int32_t* out) {
      const auto* b = find<bool>(ctx, pointer);
      return b != nullptr ? (*out = *b ? 1 : 0, ok) : missing;
    };
    table_.string = [](const void* ctx, const char* pointer, const char** out,
                       std::uint64_t* length) {
      const auto* s = find<std::string>(ctx, pointer);
      return s != nullptr ? (*out = s->data(), *length = s->size(), ok) : missing;
    };
    table_.length = [](const void* ctx, const char* pointer, std::uint64_t* out) {
      const auto* l = find<List>(ctx, pointer);
      return l != nullptr ? (*out = l->length, ok) : missing;
    };
  }
  FakeParams(const FakeParams&) = delete;
  FakeParams& operator=(const FakeParams&) = delete;

  [[nodiscard]] const widelimit_params* abi() const { return &table_; }

 private:
  static constexpr widelimit_status ok = WIDELIMIT_OK, missing = WIDELIMIT_E_PARAMS;

  template <class T>
  static const T* find(const void* ctx, const char* pointer) {
    const auto& values = static_cast<const FakeParams*>(ctx)->values_;
    const auto at = values.find(pointer);
    return at == values.end() ? nullptr : std::get_if<T>(&at->second);
  }

  std::map<std::string, Value> values_;
  widelimit_params table_{};
};

inline widelimit_error empty_error() {
  widelimit_error error{};
  error.struct_size = sizeof error;
  error.index = -1;
  return error;
}

inline widelimit_shape shape(std::int64_t channels, std::vector<std::int64_t> spatial = {},
                             std::uint32_t flags = WIDELIMIT_SHAPE_GAUSSIAN) {
  widelimit_shape s{};
  s.struct_size = sizeof s;
  s.flags = flags;
  s.channels = channels;
  s.n_spatial = static_cast<std::int32_t>(spatial.size());
  for (std::size_t axis = 0; axis < 4; ++axis)
    s.spatial[axis] = axis < spatial.size() ? spatial[axis] : 1;
  return s;
}

inline widelimit_linear identity_map(std::int32_t rank = 1) {
  widelimit_linear map{};
  map.struct_size = sizeof map;
  map.rank = rank;
  for (int axis = 0; axis < 4; ++axis) map.window[axis] = map.stride[axis] = map.dilation[axis] = 1;
  map.scale = 1;
  return map;
}

/// One object of a layer type.
class LayerObject {
 public:
  LayerObject(const widelimit_layer_type& type, const widelimit_params* params = nullptr,
              const widelimit_host* host = nullptr)
      : type_(&type) {
    status = type.create(host, params, &object_, &error);
  }
  ~LayerObject() {
    if (object_ != nullptr) type_->destroy(object_);
  }
  LayerObject(const LayerObject&) = delete;
  LayerObject& operator=(const LayerObject&) = delete;

  [[nodiscard]] const widelimit_layer_type& type() const { return *type_; }
  [[nodiscard]] const widelimit_layer* get() const { return object_; }

  widelimit_error error = empty_error();
  widelimit_status status = WIDELIMIT_OK;

 private:
  const widelimit_layer_type* type_;
  widelimit_layer* object_ = nullptr;
};

/// A plan with memory of its own.
struct Planned {
  std::vector<widelimit_shape> inputs;
  std::vector<const widelimit_shape*> pointers;
  widelimit_shape output{};
  widelimit_linear linear{};
  widelimit_plan plan{};
  widelimit_error error = empty_error();
  widelimit_status status;

  Planned(const LayerObject& layer, std::vector<widelimit_shape> shapes)
      : inputs(std::move(shapes)), output(inputs.at(0)), linear(identity_map(output.n_spatial)) {
    for (const auto& s : inputs) pointers.push_back(&s);
    plan.struct_size = sizeof plan;
    plan.n_inputs = static_cast<std::uint32_t>(inputs.size());
    plan.inputs = pointers.data();
    plan.output = &output;
    plan.linear = &linear;
    std::fill_n(plan.max_window, 4, 1);
    status = layer.type().plan(layer.get(), &plan, &error);
  }
  Planned(const Planned&) = delete;
  Planned& operator=(const Planned&) = delete;
};

/// Numbers as an array of either precision, 64-byte aligned.
class Array {
 public:
  Array() = default;
  Array(std::uint32_t dtype, const std::vector<double>& values) : dtype_(dtype) {
    memory_.resize(values.size() * 8 + 64);
    data_ = memory_.data() + (64 - reinterpret_cast<std::uintptr_t>(memory_.data()) % 64) % 64;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (dtype == WIDELIMIT_F32)
        reinterpret_cast<float*>(data_)[i] = static_cast<float>(values[i]);
      else
        reinterpret_cast<double*>(data_)[i] = values[i];
    size_ = values.size();
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  Array(Array&&) = default;
  Array& operator=(Array&&) = default;

  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] double operator[](std::size_t i) const {
    return dtype_ == WIDELIMIT_F32 ? double{reinterpret_cast<const float*>(data_)[i]}
                                   : reinterpret_cast<const double*>(data_)[i];
  }

 private:
  std::uint32_t dtype_ = WIDELIMIT_F64;
  std::vector<unsigned char> memory_;
  unsigned char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// What a transform is run on: per input covariances [site][lane], and the variances.
struct Bundle {
  std::int64_t sites = 0, lanes = 0;
  std::vector<std::vector<double>> nngp, ntk;
  std::vector<double> first, second;  ///< [site] or [site][lane], and [site][lane]

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(sites * lanes); }
};

/// Random covariances: correlations of all sizes, equal ones and opposite ones among them.
inline Bundle random_bundle(std::int64_t sites, std::int64_t lanes, std::size_t inputs = 1,
                            bool first_per_lane = false, std::uint64_t seed = 1) {
  std::mt19937_64 engine(seed);
  const auto uniform = [&](double low, double high) {
    return low + (high - low) * (static_cast<double>(engine() >> 11) * 0x1p-53);
  };
  Bundle b;
  b.sites = sites;
  b.lanes = lanes;
  b.nngp.resize(inputs);
  b.ntk.resize(inputs);
  // In single precision too, all of it is exact.
  const auto rounded = [](double x) { return double{static_cast<float>(x)}; };
  for (std::int64_t s = 0; s < sites; ++s) {
    double p = rounded(uniform(0.2, 3));
    if (!first_per_lane) b.first.push_back(p);
    for (std::int64_t l = 0; l < lanes; ++l) {
      if (first_per_lane) b.first.push_back(p = rounded(uniform(0.2, 3)));
      const double q = l % 7 == 3 ? p : rounded(uniform(0.2, 3));
      b.second.push_back(q);
      for (std::size_t i = 0; i < inputs; ++i) {
        const double k = l % 7 == 3 ? p : rounded(uniform(-1, 1) * std::sqrt(p * q) * 0.999);
        b.nngp[i].push_back(k);
        b.ntk[i].push_back(rounded(uniform(-2, 2)));
      }
    }
  }
  return b;
}

struct Result {
  widelimit_status status;
  std::string message;
  std::vector<double> nngp, ntk;
};

struct Options {
  std::uint32_t dtype = WIDELIMIT_F64;
  bool ntk = true, in_place = false, variances = true;
  std::vector<const widelimit_linear*> pending;  ///< per input; empty: none
  std::vector<widelimit_shape> shapes;           ///< of the inputs
  std::int64_t row_begin = 0, row_end = 1;
  std::uint64_t scratch_bytes = 0;
  double untouched = 77;  ///< what the output held before
};

/// One call of a transform. The field is of rank 2 with one site a row where rows are asked for.
inline Result transform(const LayerObject& layer, const Bundle& b, const Options& options) {
  const std::size_t n = b.nngp.size();
  std::vector<Array> nngp, ntk;
  std::vector<widelimit_field> fields(n);
  std::vector<const widelimit_field*> pointers;
  const auto field_of = [&](const Array& k, const Array& theta) {
    widelimit_field f{};
    f.struct_size = sizeof f;
    f.dtype = options.dtype;
    f.rank = 1;
    f.lanes = b.lanes;
    f.extent[0] = b.sites;
    f.extent[1] = f.extent[2] = f.extent[3] = 1;
    if (options.row_end > 1) {
      f.rank = 2;
      f.extent[1] = 1;
    }
    f.nngp = k.data();
    f.ntk = options.ntk ? theta.data() : nullptr;
    return f;
  };
  for (std::size_t i = 0; i < n; ++i) {
    nngp.emplace_back(options.dtype, b.nngp[i]);
    ntk.emplace_back(options.dtype, b.ntk[i]);
    fields[i] = field_of(nngp[i], ntk[i]);
  }
  for (const auto& f : fields) pointers.push_back(&f);
  const std::vector<double> before(b.size(), options.untouched);
  const Array out_nngp(options.dtype, before), out_ntk(options.dtype, before);
  widelimit_field output = field_of(out_nngp, out_ntk);
  if (options.in_place) output = fields[0];

  const Array first(options.dtype, b.first), second(options.dtype, b.second);
  std::vector<std::int32_t> at;
  for (std::int64_t s = 0; s < b.sites; ++s) at.push_back(static_cast<std::int32_t>(s));
  widelimit_variances variances{};
  variances.struct_size = sizeof variances;
  variances.first_lanes =
      b.first.size() == b.size() && b.lanes > 1 ? static_cast<std::uint32_t>(b.lanes) : 1;
  variances.first = first.data();
  variances.second = second.data();
  variances.first_at = variances.second_at = at.data();

  std::vector<const widelimit_shape*> shapes;
  for (const auto& s : options.shapes) shapes.push_back(&s);
  const Array scratch(WIDELIMIT_F64,
                      std::vector<double>(options.scratch_bytes / 8 + 1, std::nan("")));
  widelimit_run run{};
  run.struct_size = sizeof run;
  run.n_inputs = run.n_fields = static_cast<std::uint32_t>(n);
  run.inputs = pointers.data();
  run.pending = options.pending.empty() ? nullptr : options.pending.data();
  run.variances = options.variances ? &variances : nullptr;
  run.row_begin = options.row_begin;
  run.row_end = options.row_end;
  run.output = &output;
  run.scratch = scratch.data();
  run.in_shape = shapes.data();

  widelimit_error error = empty_error();
  Result result;
  result.status = layer.type().infinite->transform(layer.get(), &run, &error);
  result.message = error.message;
  const Array& k = options.in_place ? nngp[0] : out_nngp;
  const Array& theta = options.in_place ? ntk[0] : out_ntk;
  for (std::size_t i = 0; i < b.size(); ++i) {
    result.nngp.push_back(k[i]);
    result.ntk.push_back(theta[i]);
  }
  return result;
}

}  // namespace widelimit::test
