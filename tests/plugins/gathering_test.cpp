// Pooling and flatten on kernels: from fields, one displacement at a time, against the formulas on
// the whole tensor of covariances between all sites.
#include "plugins/support/images.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace widelimit::plugin_tests {
namespace {

/// What `reads` answers for one output displacement.
std::vector<Extents> read_by(const Layer& layer, const Extents& D) {
  widelimit_reads reads{};
  reads.struct_size = sizeof reads;
  reads.n_inputs = 1;
  reads.in_shape = layer.input_pointers().data();
  std::copy(D.begin(), D.end(), reads.output);
  const auto ask = [&] {
    call([&](widelimit_error* e) { return layer.type().infinite->reads(layer.get(), &reads, e); });
  };
  ask();
  std::vector<std::array<std::int64_t, 4>> list(static_cast<std::size_t>(reads.count));
  reads.capacity = reads.count;
  reads.displacements = reinterpret_cast<std::int64_t(*)[4]>(list.data());
  ask();
  std::vector<Extents> answer;
  for (const auto& d : list)
    answer.emplace_back(d.begin(), d.begin() + layer.inputs()[0].n_spatial);
  return answer;
}

/// Every field of the output of a gathering layer, computed the way a host does: each field of the
/// input once, with the outputs that read it.
template <class T>
std::vector<TensorField<T>> gathered(const Layer& layer, const Tensor& K, const Tensor& Theta,
                                     std::int64_t lanes, bool with_ntk = true) {
  Extents out(layer.output.spatial, layer.output.spatial + layer.output.n_spatial);
  std::vector<TensorField<T>> outputs;
  std::map<Extents, std::set<std::size_t>> readers;
  for (const Extents& D : displacements(out)) {
    for (const Extents& d : read_by(layer, D)) readers[d].insert(outputs.size());
    outputs.emplace_back(out, D, lanes, with_ntk);
  }
  std::vector<widelimit_field> fields;
  for (auto& output : outputs) fields.push_back(output.field());
  std::vector<widelimit_field*> all;
  for (widelimit_field& field : fields) all.push_back(&field);
  Aligned<std::byte> scratch(layer.scratch_bytes, std::byte{0x7f});  // whatever stood there before
  widelimit_gather gather{};
  gather.struct_size = sizeof gather;
  gather.n_inputs = 1;
  gather.in_shape = layer.input_pointers().data();
  gather.scratch = scratch.data();
  const auto step = [&](auto function, const std::vector<widelimit_field*>& some) {
    gather.n_outputs = static_cast<std::int32_t>(some.size());
    gather.outputs = some.data();
    call([&](widelimit_error* e) { return function(layer.get(), &gather, e); });
  };
  const widelimit_infinite_face& face = *layer.type().infinite;
  step(face.begin, all);
  for (const auto& [d, places] : readers) {
    TensorField<T> input(K.n, d, lanes, with_ntk);
    input.take(K, Theta);
    const widelimit_field field = input.field();
    gather.input = &field;
    std::vector<widelimit_field*> some;
    for (const std::size_t i : places) some.push_back(all[i]);
    step(face.accumulate, some);
  }
  gather.input = nullptr;
  step(face.finish, all);
  return outputs;
}

Tensor random_tensor(const Extents& n, unsigned seed) {
  Tensor K(n);
  std::mt19937_64 bits(seed);
  std::normal_distribution<double> normal;
  for (double& x : K.k) x = normal(bits);
  return K;
}

double largest(const Tensor& K) {
  double most = 0;
  for (const double x : K.k) most = std::max(most, std::abs(x));
  return most;
}

/// Sums of up to thousands of numbers of order 1, in blocks.
template <class T>
double tolerance(const Tensor& in, std::int64_t lane) {
  return 20 * static_cast<double>(std::numeric_limits<T>::epsilon()) *
         static_cast<double>(lane + 1) * largest(in) * std::sqrt(static_cast<double>(in.k.size()));
}

template <class T>
void check_against(const Layer& layer, const Extents& image, const Extents& out,
                   const std::function<double(std::int64_t, std::int64_t)>& m,
                   double largest_weight, std::int64_t lanes = 16) {
  const Tensor K = random_tensor(image, 1), Theta = random_tensor(image, 2);
  const Tensor expected = congruence(K, out, m), expected_ntk = congruence(Theta, out, m);
  const double w = largest_weight * largest_weight;
  const auto fields = gathered<T>(layer, K, Theta, lanes);
  REQUIRE(fields.size() == displacements(out).size());
  double worst = 0;  // in units of what rounding allows
  for (const auto& field : fields)
    field.for_each_entry([&](std::int64_t i, std::int64_t j, std::int64_t lane, std::size_t at) {
      const double factor = static_cast<double>(lane + 1);
      const double off = std::abs(static_cast<double>(field.nngp[at]) - factor * expected.at(i, j));
      const double ntk_off =
          std::abs(static_cast<double>(field.ntk[at]) - factor * expected_ntk.at(i, j));
      worst = std::max(
          {worst, off / (w * tolerance<T>(K, lane)), ntk_off / (w * tolerance<T>(Theta, lane))});
    });
  CHECK(worst <= 1);
  const auto alone = gathered<T>(layer, K, Theta, lanes, false);
  for (std::size_t i = 0; i < fields.size(); ++i) CHECK(alone[i].nngp == fields[i].nngp);
}

struct Case {
  Extents n, k, s;
};
const std::vector<Case> cases{{{7}, {3}, {1}},
                              {{8}, {2}, {2}},
                              {{9}, {3}, {2}},
                              {{5}, {5}, {3}},
                              {{70}, {40}, {7}},
                              {{6, 5}, {2, 3}, {1, 1}},
                              {{6, 6}, {2, 2}, {2, 2}},
                              {{5, 4}, {3, 2}, {2, 3}},
                              {{3, 4, 3}, {2, 3, 1}, {1, 2, 2}},
                              {{2, 3, 2, 3}, {2, 2, 1, 3}, {1, 2, 1, 1}}};

}  // namespace

TEST_CASE("pooling over windows: fields agree with M K M' on the whole tensor") {
  const Library pool("pool");
  for (const Case& c : cases)
    for (const std::string padding : {"VALID", "SAME", "CIRCULAR"})
      for (const std::string kind : {"avg_pool", "sum_pool", "normalized"}) {
        CAPTURE(padding);
        CAPTURE(kind);
        CAPTURE(c.k.size());
        CAPTURE(c.n[0]);
        const Windows w(c.n, c.k, c.s, {}, padding);
        Parameters p = w.parameters("window_shape");
        if (kind == "normalized") p["normalize_edges"] = true;
        const std::string type = kind == "normalized" ? "avg_pool" : kind;
        const Layer layer(pool, type, p, {shape(0, c.n)});
        CHECK(layer.nature == WIDELIMIT_GATHERING);
        const Extents out(layer.output.spatial, layer.output.spatial + layer.output.n_spatial);
        REQUIRE(out == w.out);
        std::vector<double> matrix(static_cast<std::size_t>(product(out) * product(c.n)));
        for (std::int64_t i = 0; i < product(out); ++i) {
          const auto row = matrix.begin() + i * product(c.n);
          for (std::int64_t tap = 0; tap < product(c.k); ++tap)
            if (const std::int64_t site = w.read(coordinates(i, out), coordinates(tap, c.k));
                site >= 0)
              row[site] += 1;
          double count = 0;
          for (std::int64_t site = 0; site < product(c.n); ++site) count += row[site];
          if (kind == "avg_pool") count = static_cast<double>(product(c.k));
          if (kind == "sum_pool") count = 1;
          for (std::int64_t site = 0; site < product(c.n); ++site) row[site] /= count;
        }
        const auto m = [&](std::int64_t i, std::int64_t site) {
          return matrix[static_cast<std::size_t>(i * product(c.n) + site)];
        };
        check_against<double>(layer, c.n, out, m, 1);
        check_against<float>(layer, c.n, out, m, 1);
      }
}

TEST_CASE("global pooling and flatten: fields agree with the whole tensor") {
  for (const Extents& n : {Extents{7}, {6, 5}, {3, 4, 2}, {2, 3, 2, 3}, {40}, {1, 1}}) {
    CAPTURE(n.size());
    const double P = static_cast<double>(product(n));
    const Layer mean(Library("pool"), "global_avg_pool", {}, {shape(3, n)});
    CHECK(mean.output.n_spatial == 0);
    CHECK(mean.output.channels == 3);
    const auto average = [&](std::int64_t, std::int64_t) { return 1 / P; };
    check_against<double>(mean, n, {}, average, 1 / P);
    check_against<float>(mean, n, {}, average, 1 / P, 48);
    const Layer sum(Library("pool"), "global_sum_pool", {}, {shape(3, n)});
    const auto one = [](std::int64_t, std::int64_t) { return 1.0; };
    check_against<double>(sum, n, {}, one, 1);
    check_against<float>(sum, n, {}, one, 1);
    CHECK(read_by(mean, {}) == displacements(n));

    const Layer flatten(Library("flatten"), "flatten", {}, {shape(3, n)});
    CHECK(read_by(flatten, {}) == std::vector<Extents>{Extents(n.size())});
    const Tensor K = random_tensor(n, 1), Theta = random_tensor(n, 2);
    double k = 0, theta = 0;
    for (std::int64_t p = 0; p < product(n); ++p) {
      k += K.at(p, p) / P;
      theta += Theta.at(p, p) / P;
    }
    const auto out = gathered<double>(flatten, K, Theta, 16);
    CHECK(std::abs(out[0].nngp[2] - 3 * k) <= tolerance<double>(K, 2) / P);
    CHECK(std::abs(out[0].ntk[2] - 3 * theta) <= tolerance<double>(K, 2) / P);
  }
}

TEST_CASE("what a window reads is no more than what it is made from") {
  // A window of 3 moves over 2 more sites on either side of stride times the displacement.
  const Layer layer(Library("pool"), "avg_pool",
                    Windows({9}, {3}, {2}, {}, "VALID").parameters("window_shape"),
                    {shape(0, {9})});
  CHECK(read_by(layer, {1}) == std::vector<Extents>{{0}, {1}, {2}, {3}, {4}});
  CHECK(read_by(layer, {3}) == std::vector<Extents>{{4}, {5}, {6}, {7}, {8}});
  CHECK(read_by(layer, {-3}) == std::vector<Extents>{{-8}, {-7}, {-6}, {-5}, {-4}});
}

TEST_CASE("pooling: the worked examples") {
  // The covariance of one sample's 4 sites after a convolution (SAME, window 3).
  Tensor F({4});
  F.k = {3 + 13.0 / 30,
         .1,
         3 + 13.0 / 30,
         2.1,
         .1,
         4.1,
         -1.9,
         3 + 13.0 / 30,
         3 + 13.0 / 30,
         -1.9,
         9 + 13.0 / 30,
         -3 - 7.0 / 30,
         2.1,
         3 + 13.0 / 30,
         -3 - 7.0 / 30,
         6 + 23.0 / 30};
  const auto pooled = [&](const std::string& type, const Parameters& p) {
    const Layer layer(Library("pool"), type, p, {shape(0, {4})});
    const Extents out(layer.output.spatial, layer.output.spatial + layer.output.n_spatial);
    Tensor result(out);
    for (const auto& field : gathered<double>(layer, F, F, 16))
      field.for_each_entry([&](std::int64_t i, std::int64_t j, std::int64_t lane, std::size_t at) {
        if (lane == 0) result.at(i, j) = field.nngp[at];
      });
    return result.k;
  };
  const auto close = [](const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
      CHECK(std::abs(a[i] - b[i]) <= 5.1e-7);  // as printed
  };
  close(pooled("global_avg_pool", {}), {1.975});
  close(pooled("global_sum_pool", {}), {31.6});
  const Windows valid({4}, {2}, {2}, {}, "VALID"), same({4}, {2}, {1}, {}, "SAME");
  close(pooled("avg_pool", valid.parameters("window_shape")),
        {1.933333, 1.766667, 1.766667, 2.433333});
  close(pooled("avg_pool", same.parameters("window_shape")),
        {1.933333, 1.433333, 1.766667, 1.383333, 1.433333, 2.433333, 1.933333, 0.05, 1.766667,
         1.933333, 2.433333, 0.883333, 1.383333, 0.05, 0.883333, 1.691667});
  Parameters normalized = same.parameters("window_shape");
  normalized["normalize_edges"] = true;
  close(pooled("avg_pool", normalized),
        {1.933333, 1.433333, 1.766667, 2.766667, 1.433333, 2.433333, 1.933333, 0.1, 1.766667,
         1.933333, 2.433333, 1.766667, 2.766667, 0.1, 1.766667, 6.766667});
}

TEST_CASE("in single precision a mean over a million pairs is right to a few rounding errors") {
  // Nearly constant covariances, as deep networks have them, make every addition round the same
  // way.
  const Extents n{32, 32};
  Tensor K(n);
  for (std::size_t i = 0; i < K.k.size(); ++i)
    K.k[i] = static_cast<double>(static_cast<float>(0.7 + 1e-4 * std::sin(static_cast<double>(i))));
  double mean = 0;
  for (const double x : K.k) mean += x;
  mean /= static_cast<double>(K.k.size());
  for (const std::string& isa : instruction_sets()) {
    CAPTURE(isa);
    const Layer layer(Library("pool", isa), "global_avg_pool", {}, {shape(0, n)});
    const auto out = gathered<float>(layer, K, K, 16);
    for (const auto& values : {out[0].nngp, out[0].ntk})
      CHECK(std::abs(static_cast<double>(values[0]) / mean - 1) <= 2e-7);
  }
}

TEST_CASE("layers that gather refuse inputs without sites, and say what to do") {
  for (const auto& [file, type] : std::vector<std::array<std::string, 2>>{
           {"flatten", "flatten"}, {"pool", "global_avg_pool"}, {"pool", "global_sum_pool"}}) {
    try {
      const Layer layer(Library(file), type, {}, {shape(6)});
      FAIL("not refused");
    } catch (const Refusal& refusal) {
      CHECK(refusal.status == WIDELIMIT_E_UNSUPPORTED);
      CHECK(std::string(refusal.what()).find("leave this layer out") != std::string::npos);
    }
  }
}

}  // namespace widelimit::plugin_tests
