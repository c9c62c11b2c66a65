#!/bin/sh
# Compiles every header of the SDK alone, without Highway, with every compiler on the machine: headers.sh SDK_INCLUDE_DIR
set -eu
include=$1
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Werror"
found=0
for compiler in g++ clang++; do
  command -v "$compiler" >/dev/null || continue
  for header in "$include"/widelimit/sdk.hpp "$include"/widelimit/sdk/*.hpp "$include"/widelimit/sdk/detail/*.hpp; do
    case $header in *simd_highway.hpp) continue ;; esac
    name=widelimit/${header#"$include"/widelimit/}
    echo "$compiler $name"
    echo "#include <$name>" | "$compiler" -std=c++20 $warnings -I"$include" -fsyntax-only -x c++ -
    found=1
  done
done
test $found = 1
