#!/usr/bin/env bash
# Installs to an empty prefix and uses it as plugin authors (with the SDK alone), embedding programs and readers of the READMEs do.
#   run.sh SOURCE BUILD WORK_DIRECTORY
set -euo pipefail
source=$1 build=$2 work=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rm -rf "$work"
mkdir -p "$work"
say() { printf '\n== %s\n' "$*"; }

# build_project SOURCE BUILD PREFIX COMPILER [cmake arguments]
build_project() {
  cmake -S "$1" -B "$2" -G Ninja -DCMAKE_PREFIX_PATH="$3" -DCMAKE_CXX_COMPILER="$4" -DCMAKE_BUILD_TYPE=Release "${@:5}" >"$2.log" 2>&1 &&
    cmake --build "$2" >>"$2.log" 2>&1 || { cat "$2.log"; return 1; }
}

compilers=(g++)
command -v clang++ >/dev/null && compilers+=(clang++)

say "install"
cmake --install "$build" --prefix "$work/all" >/dev/null
cmake --install "$build" --prefix "$work/sdk" --component sdk >/dev/null
prefix=$work/all
program=$prefix/bin/widelimit
"$program" --version
"$program" plugins
if ldd "$program" | grep 'not found'; then exit 1; fi

say "requests that find_package refuses"
mkdir -p "$work/refuse"
for request in "widelimit 2.0" "widelimit 0.1 REQUIRED COMPONENTS nonsense" "widelimit 0.1 REQUIRED COMPONENTS core"; do
  printf 'cmake_minimum_required(VERSION 3.25)\nproject(refuse LANGUAGES CXX)\nfind_package(%s)\nif(NOT widelimit_FOUND)\nmessage(FATAL_ERROR "refused")\nendif()\n' "$request" >"$work/refuse/CMakeLists.txt"
  if cmake -S "$work/refuse" -B "$work/refuse/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/sdk" >"$work/refuse/log" 2>&1; then
    echo "find_package($request) against the SDK alone should have been refused"
    exit 1
  fi
  grep -E 'widelimit|nonsense|refused' "$work/refuse/log" | head -3
  rm -rf "$work/refuse/build"
done

say "the 21-line layer of the SDK's README"
"$here/snippets.sh" "$source/sdk/README.md" "$work/layer"
for compiler in "${compilers[@]}"; do
  build_project "$work/layer" "$work/layer-$compiler" "$work/sdk" "$compiler"
  plugin=$(find "$work/layer-$compiler" -name '*.so' | sort | head -1)
  "$program" verify "$plugin"
done

say "the same layer with a wrong factor of two in its derivative"
mkdir -p "$work/wrong"
cp "$work/layer"/* "$work/wrong/"
main=$(grep -l 'double slope' "$work/wrong"/*.cpp | head -1)
sed -i -E 's/(double slope\(double x\) const \{ return )/\12 * /' "$main"
if cmp -s "$main" "$work/layer/$(basename "$main")"; then echo "the edit changed nothing"; exit 1; fi
build_project "$work/wrong" "$work/wrong-build" "$work/sdk" g++
if "$program" verify "$(find "$work/wrong-build" -name "$(basename "$main" .cpp).so")" --only-failed >"$work/wrong.txt"; then
  cat "$work/wrong.txt"
  echo "verify accepted a wrong derivative"
  exit 1
fi
cat "$work/wrong.txt"
grep -q slope "$work/wrong.txt"

say "sdk/template, unchanged"
for compiler in "${compilers[@]}"; do
  build_project "$source/sdk/template" "$work/template-$compiler" "$work/sdk" "$compiler"
  "$program" verify "$(find "$work/template-$compiler" -name '*.so' | head -1)"
done

say "every program of the SDK's README"
"$source/tests/sdk/programs.sh" "$source/sdk/README.md" "$work/programs"
cp "$here/third_party/CMakeLists.txt" "$work/programs/"
build_project "$work/programs" "$work/programs-build" "$work/sdk" g++ -DWIDELIMIT_SIMD=OFF
for plugin in "$work/programs-build"/*.so; do "$program" verify "$plugin" --only-failed; done

say "layers of images by third parties: a gathering layer, a linear layer, a stencil"
mkdir -p "$work/third_party"
cp "$here/third_party"/*.cpp "$here/third_party"/CMakeLists.txt "$here/third_party/experiment.json" "$work/programs/flip.cpp" "$work/third_party/"
"$here/third_party/images.sh" "$work/third_party"
for compiler in "${compilers[@]}"; do
  build_project "$work/third_party" "$work/third_party-$compiler" "$work/sdk" "$compiler" -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror"
  for plugin in "$work/third_party-$compiler"/*.so; do "$program" verify "$plugin" --only-failed; done
  "$program" run "$work/third_party/experiment.json" --out "$work/third_party/$compiler.out" --quiet --plugin-dir "$work/third_party-$compiler"
done
# Windows of one site do the same as flatten: the kernels have the same bits.
"$program" run "$work/third_party/experiment.json" --out "$work/third_party/flatten.out" --quiet --plugin-dir "$work/third_party-g++" --set '/network/5="flatten"'
for kernel in nngp ntk; do
  cmp "$work/third_party/g++.out/kernel/test_train.$kernel.npy" "$work/third_party/flatten.out/kernel/test_train.$kernel.npy"
done

say "the same layers, each with one mistake"
# wrong LAYER EDIT NAME WORDS: applies EDIT to LAYER; verify must reject the result, in these WORDS
wrong() {
  mkdir -p "$work/wrong_$3"
  cp "$here/third_party/CMakeLists.txt" "$work/wrong_$3/"
  sed "$2" "$work/third_party/$1.cpp" >"$work/wrong_$3/$1.cpp"
  if cmp -s "$work/third_party/$1.cpp" "$work/wrong_$3/$1.cpp"; then echo "the edit changed nothing"; exit 1; fi
  build_project "$work/wrong_$3" "$work/wrong_$3-build" "$work/sdk" g++ -DWIDELIMIT_SIMD=OFF
  if "$program" verify "$work/wrong_$3-build/$1.so" --only-failed >"$work/wrong_$3.txt"; then
    echo "verify accepted it"
    exit 1
  fi
  grep -E "fail +$4" "$work/wrong_$3.txt" || { cat "$work/wrong_$3.txt"; exit 1; }
}
wrong window_pool 's/double>(windows(in));/double>(in.sites());/' normalisation "sites-match-finite .*K'\\[0, 0\\] should be .*according to the finite layer"
wrong window_pool 's/if (shared(d) > 0)/if (std::abs(d[0]) + 1 < reach)/' reads 'reads-sufficient .*leaves out input displacement \(1\)'
wrong taper_conv 's/^.*weight = shares;//' map 'sites-match-finite .*the planned map gives'
wrong flip 's/to.nngp(i).begin());/&\n        for (auto\& k : to.nngp(i)) k *= 2;/' weight 'sites-match-finite .*\(ratio 2\)'
wrong flip 's/= -reads.output()/= reads.output()/' displacement 'reads-sufficient .*leaves out input displacement \(-1\)'

say "embedding"
for compiler in "${compilers[@]}"; do
  build_project "$source/apps/embed" "$work/embed-$compiler" "$prefix" "$compiler"
  for example in predict two_runtimes; do
    "$source/tests/core/examples/run.sh" "$work/embed-$compiler/$example" "$source/apps/embed/$example.cpp"
  done
done

say "README"
"$here/snippets.sh" "$source/README.md" "$work/readme"
build_project "$work/readme" "$work/readme-build" "$prefix" g++
"$work/readme-build/predict"
"$program" run "$work/readme/first.json" --out "$work/readme/first.out" --quiet
cmp "$work/readme/plants.json" "$source/apps/experiments/plants.json"
"$program" run "$source/apps/experiments/plants.json" --out "$work/readme/plants.out" --quiet
"$program" run "$work/readme/first.json" --out "$work/readme/softplus.out" --quiet --plugin-dir "$work/readme-build" --set /network/1=softplus
"$program" verify "$(find "$work/readme-build" -name '*.so' | head -1)"
echo "packaging: passed"
