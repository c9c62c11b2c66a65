// The check that a layer that maps sites gives a positive semi-definite kernel: all that can be
// checked where there is no finite layer to compare with.
#include "check_sites.hpp"
#include "checks.hpp"
#include "common/sizes.hpp"
#include "kernel.hpp"

#include <algorithm>

namespace widelimit::conformance {
namespace {

/// As many samples as fill a bundle, fewer of large images, because their matrix is factored.
std::size_t samples_for(const widelimit_shape& output) {
  constexpr std::int64_t most = 400;
  const auto n = to_size(most / sites_in(output)) / 4 * 4;
  return std::clamp<std::size_t>(n, 4, lanes);
}

/// All pairs of n images of normal numbers, row by row.
std::vector<SitePair> all_pairs(Random& random, const widelimit_shape& shape, std::size_t n) {
  std::vector<std::vector<double>> x, x_dot;
  for (std::size_t i = 0; i < n; ++i) {
    x.push_back(random.normals(numbers_in(shape)));
    x_dot.push_back(random.normals(numbers_in(shape)));
  }
  std::vector<SitePair> pairs;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      pairs.push_back({site_products(x[i].data(), x[j].data(), shape),
                       site_products(x_dot[i].data(), x_dot[j].data(), shape)});
  return pairs;
}

/// The kernel between all sites of all samples: row (sample, site).
std::vector<double> kernel_of(const std::vector<SitePair>& pairs, std::size_t n, std::size_t sites,
                              bool ntk) {
  const std::size_t size = n * sites;
  std::vector<double> k(size * size);
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      const SitePair& pair = pairs[a * n + b];
      const std::vector<double>& entries = ntk ? pair.ntk : pair.nngp;
      for (std::size_t i = 0; i < sites; ++i)
        for (std::size_t j = 0; j < sites; ++j)
          k[(a * sites + i) * size + b * sites + j] = entries[i * sites + j];
    }
  return k;
}

}  // namespace

void sites_preserve_psd(Context& context) {
  for (const Subject& s : coded_subjects(context)) {
    Random random = context.random();
    const std::size_t n = samples_for(s.plan.output);
    SitesTransformed out;
    if (!run_or_fail(context, s, all_pairs(random, s.shapes[0], n), {}, out)) continue;
    const auto sites = to_size(sites_in(s.plan.output));
    for (const bool ntk : {false, true}) {
      const std::vector<double> k = kernel_of(out.pairs, n, sites, ntk);
      double trace = 0;
      for (std::size_t i = 0; i < n * sites; ++i) trace += k[i * (n * sites + 1)];
      if (trace == 0) continue;
      if (!positive(k, n * sites, 1e-9 * trace))
        context.fail(text_of(s) + ": the kernel of " + std::to_string(n) +
                     " samples comes out indefinite (" + (ntk ? "NTK" : "NNGP") +
                     "): no network has such a kernel, and it cannot be inverted; weights of " +
                     "displacements must be a positive definite function of them");
    }
  }
}

}  // namespace widelimit::conformance
