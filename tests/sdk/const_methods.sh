#!/bin/sh
# Layers with a method that lacks `const` must not compile, and the compiler must say why: const_methods.sh SDK_INCLUDE_DIR
set -eu
include=$1
compile() {
  printf '%s\n' \
    '#include <widelimit/sdk/elementwise.hpp>' '#include <widelimit/sdk/plugin.hpp>' \
    'namespace sdk = widelimit::sdk;' 'struct Layer {' \
    'static constexpr auto name = "cube", version = "1.0.0", doc = "x^3";' 'static constexpr auto params = std::tuple{};' \
    "$1" '};' 'WIDELIMIT_PLUGIN("org.example.cube", "1.0.0", Layer)' |
    ${CXX:-c++} -std=c++20 -I"$include" -fsyntax-only -x c++ - 2>&1
}
value='double value(double x) const { return x * x * x; }'
slope='double slope(double x) const { return 3 * x * x; }'
moments='auto moments(auto k, auto, auto) const { return sdk::Moments{k, k}; }'
pass='void forward(const sdk::Pass&) const {} void jvp(const sdk::Pass&) const {} void vjp(const sdk::Pass&) const {}'
without_const() { printf '%s' "$1" | sed 's/ const {/ {/'; }
refused() {
  echo "$1: $2"
  if message=$(compile "$2"); then
    echo "compiles"
    exit 1
  fi
  case $message in *"\`$1\` must be"* | *"\`forward\`, \`jvp\` and \`vjp\` must be"*) ;; *) echo "$message"; exit 1 ;; esac
}
for right in "$value $slope" "$value $slope $moments" "$moments" "$moments $pass" \
  "$value $slope static constexpr std::array kinks = {-1.0, 1.0};" "$value $slope auto kinks() const { return std::array{0.5}; }"; do
  echo "right: $right"
  compile "$right"
done
refused slope "$moments $value $(without_const "$slope")"
refused value "$moments $(without_const "$value") $slope"
refused slope "$moments $value int slope(double) const { return 1; }"
refused moments "$value $slope $(without_const "$moments")"
refused kinks "$value $slope std::array<double, 1> kinks() { return {0.5}; }"
refused kinks "$value $slope static constexpr double kinks = 0.5;"
refused forward "$moments $(without_const "$pass")"
refused plan "$value $slope void plan(sdk::Plan&) {}"
