#!/bin/sh
# Installs the SDK and builds the unchanged template and every complete program of the README with each compiler. (The fenced block of such a
# program begins with a comment that names its file.) Each plugin must export one symbol and pass RUNNER.
# install.sh WIDELIMIT_SOURCE_DIR BUILD_DIR RUNNER WORK_DIR
set -eu
source=$1
build=$2
runner=$3
work=$4
rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --component sdk --prefix "$work/prefix" >/dev/null
entry=$(sed -n 's/^#define WIDELIMIT_ENTRY \(.*\)/\1/p' "$work/prefix/include/widelimit/abi.h")
cp -r "$source/sdk/template" "$work/template"

"$source/tests/sdk/programs.sh" "$source/sdk/README.md" "$work/readme"

# Two projects: the one of the README with a single plugin, and one with all its other programs.
mkdir "$work/first"
mv "$work/readme/CMakeLists.txt" "$work/first/"
mv "$work/readme/erf.cpp" "$work/first/"
{
  echo 'cmake_minimum_required(VERSION 3.25)'
  echo 'project(readme LANGUAGES CXX)'
  echo 'find_package(widelimit 0.1 REQUIRED COMPONENTS sdk)'
  for program in "$work"/readme/*.cpp; do
    echo "widelimit_add_plugin($(basename "$program" .cpp) $(basename "$program"))"
  done
} >"$work/readme/CMakeLists.txt"
test "$(find "$work/readme" -name '*.cpp' | wc -l)" -ge 5

lines=$(grep -vcE '^ *(//.*)?$' "$work/first/erf.cpp")
echo "the first plugin of the README has $lines lines"
test "$lines" -le 21

for compiler in g++ clang++; do
  command -v "$compiler" >/dev/null || continue
  for project in template first readme; do
    to=$work/$project-$compiler
    # With Clang, it is enough to build all SIMD copies for the first two projects.
    simd=ON
    test "$compiler $project" = "clang++ readme" && simd=OFF
    cmake -S "$work/$project" -B "$to" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release -DWIDELIMIT_SIMD=$simd \
      -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" >/dev/null
    cmake --build "$to" >"$to/log" || { cat "$to/log"; exit 1; }
    for plugin in "$to"/*.so; do
      echo "$compiler $(basename "$plugin")"
      exported=$(nm -D --defined-only "$plugin" | awk '{print $3}')
      test "$exported" = "$entry" || { echo "exports: $exported"; exit 1; }
      "$runner" "$plugin"
    done
  done
done

# A missing component is reported.
mkdir "$work/wrong"
for component in core engine; do
  printf 'cmake_minimum_required(VERSION 3.25)\nproject(w LANGUAGES CXX)\nfind_package(widelimit 0.1 REQUIRED COMPONENTS %s)\n' $component \
    >"$work/wrong/CMakeLists.txt"
  if cmake -S "$work/wrong" -B "$work/wrong-$component" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null 2>"$work/message"; then
    echo "a missing component $component was found"
    exit 1
  fi
  grep -q "component \"$component\"" "$work/message" || { cat "$work/message"; exit 1; }
done
sed -i 's/widelimit 0.1/widelimit 2.0/; s/engine/sdk/' "$work/wrong/CMakeLists.txt"
if cmake -S "$work/wrong" -B "$work/wrong-version" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null 2>&1; then
  echo "version 2.0 was found"
  exit 1
fi
