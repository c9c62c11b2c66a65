#!/bin/sh
# Compiles abi.h in every supported dialect, and its frozen layout in those with static assertions, with every compiler on the machine:
# compiles.sh ABI_INCLUDE_DIR SOURCE_DIR
set -eu
include=$1
here=$2
warnings="-Wall -Wextra -pedantic -Werror"
found=0
# Every draft of an extension compiles alone, and extensions.md lists it with its id.
for header in "$include"/widelimit/draft/*.h; do
  id=$(sed -n 's|^#define WIDELIMIT_[A-Z_]* "\(widelimit\.[a-z_]*/[0-9]*\)"$|\1|p' "$header")
  grep -q "^| \`$id\` | \`widelimit/draft/${header##*/}\` | " "$include/../docs/extensions.md" ||
    { echo "sdk/docs/extensions.md does not list \"$id\" of $header"; exit 1; }
  echo "#include <widelimit/draft/${header##*/}>" | gcc -std=c99 $warnings -I"$include" -fsyntax-only -x c -
done
# frozen.c contains every struct and constant of the header.
for name in $(sed -n 's/^typedef struct widelimit_\([a-z_]*\) {.*/\1/p' "$include/widelimit/abi.h"); do
  grep -q "^SIZE($name, " "$here/frozen.c" || { echo "frozen.c does not contain widelimit_$name"; exit 1; }
done
for constant in $(grep -oE 'WIDELIMIT_[A-Z0-9_]+ = ' "$include/widelimit/abi.h" | sed 's/^WIDELIMIT_//; s/ = //'); do
  grep -q "WIDELIMIT_$constant == " "$here/frozen.c" || { echo "frozen.c does not contain WIDELIMIT_$constant"; exit 1; }
done
for pair in "gcc g++" "clang clang++"; do
  c=${pair% *}
  cxx=${pair#* }
  if command -v "$c" >/dev/null; then
    for standard in c99 c11 c17; do
      "$c" -std=$standard $warnings -I"$include" -fsyntax-only -x c "$here/uses.c"
      test $standard = c99 || "$c" -std=$standard $warnings -I"$include" -fsyntax-only -x c "$here/frozen.c"
      echo "$c -std=$standard"
      found=1
    done
  fi
  if command -v "$cxx" >/dev/null; then
    for standard in c++11 c++14 c++17 c++20; do
      for file in uses.c frozen.c; do "$cxx" -std=$standard $warnings -I"$include" -fsyntax-only -x c++ "$here/$file"; done
      echo "$cxx -std=$standard"
      found=1
    done
  fi
done
test $found = 1
