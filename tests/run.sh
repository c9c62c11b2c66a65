#!/usr/bin/env bash
# Installs missing packages, builds everything and runs the tests.
#   tests/run.sh [arguments of ctest]        e.g. tests/run.sh -L fast
# Environment: BUILD is the build directory (default: build), CMAKE_ARGS are more arguments for CMake.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$top/build}
. "$top/apps/packages.sh"

need test
# shellcheck disable=SC2086  # a list of arguments
cmake -S "$top" -B "$build" -G Ninja -DWIDELIMIT_BUILD_TESTS=ON ${CMAKE_ARGS:-} >/dev/null
cmake --build "$build"
ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" "$@"
