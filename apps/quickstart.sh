#!/usr/bin/env bash
# Installs missing packages, builds widelimit and runs the tutorial, on Debian 12.
#   apps/quickstart.sh [directory for the results]
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:-$PWD/tutorial.out}
. "$top/apps/packages.sh"

need run
cmake -S "$top" -B "$top/build" -G Ninja -DWIDELIMIT_BUILD_TESTS=OFF >/dev/null
cmake --build "$top/build"
"$top/build/bin/widelimit" run "$top/apps/experiments/tutorial.json" --out "$out"
echo "Open $out/report.html in a browser."
