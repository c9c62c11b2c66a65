// The rules of Boost.Math, which keeps the positive half of their points.
#include "plugins/support/quadrature.hpp"

#include <boost/math/quadrature/gauss.hpp>

namespace widelimit::plugin_tests {
namespace {

template <unsigned Points>
Rule gauss_legendre() {
  static_assert(Points % 2 == 0);
  using Half = boost::math::quadrature::gauss<double, Points>;
  Rule rule;
  for (const double sign : {-1.0, 1.0})
    for (std::size_t i = 0; i < Half::abscissa().size(); ++i) {
      rule.nodes.push_back(sign * Half::abscissa()[i]);
      rule.weights.push_back(Half::weights()[i]);
    }
  return rule;
}

}  // namespace

const Rule& gauss_legendre_24() {
  static const Rule rule = gauss_legendre<24>();
  return rule;
}

const Rule& gauss_legendre_48() {
  static const Rule rule = gauss_legendre<48>();
  return rule;
}

}  // namespace widelimit::plugin_tests
