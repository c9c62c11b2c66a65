#!/bin/sh
# abi.h in every dialect it promises, with every compiler there is: compiles.sh ABI_INCLUDE_DIR SOURCE_DIR
set -eu
include=$1
here=$2
warnings="-Wall -Wextra -pedantic -Werror"
found=0
for pair in "gcc g++" "clang clang++"; do
  c=${pair% *}
  cxx=${pair#* }
  if command -v "$c" >/dev/null; then
    for standard in c99 c11 c17; do
      "$c" -std=$standard $warnings -I"$include" -fsyntax-only -x c "$here/uses.c"
      echo "$c -std=$standard"
      found=1
    done
  fi
  if command -v "$cxx" >/dev/null; then
    for standard in c++11 c++14 c++17 c++20; do
      "$cxx" -std=$standard $warnings -I"$include" -fsyntax-only -x c++ "$here/uses.c"
      echo "$cxx -std=$standard"
      found=1
    done
  fi
done
test $found = 1
