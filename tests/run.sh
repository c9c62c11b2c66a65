#!/usr/bin/env bash
# Installs what is missing, builds, runs the tests.
#   tests/run.sh [arguments of ctest]        e.g. tests/run.sh -L fast
# BUILD names the build directory (default: build), CMAKE_ARGS adds to the configuration.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$top/build}
. "$top/apps/packages.sh"

need test
# shellcheck disable=SC2086  # a list of arguments
cmake -S "$top" -B "$build" -G Ninja -DWIDELIMIT_BUILD_TESTS=ON ${CMAKE_ARGS:-} >/dev/null
cmake --build "$build"
ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" "$@"
