#!/usr/bin/env bash
# Rooms and doors: sdk -> nothing, plugins -> sdk, core -> sdk's abi.h, apps -> core's public headers. Fails on a wrong arrow.
set -u
cd "$1" || exit 2
wrong=0

# forbid WHERE PATTERN WHY: no file under WHERE may include what PATTERN matches.
forbid() {
  local hits
  hits=$(grep -rnE --include='*.hpp' --include='*.h' --include='*.cpp' --include='*.c' "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" $1)
  [ -z "$hits" ] && return
  printf '%s:\n%s\n' "$3" "$hits"
  wrong=1
}

core_headers=$(cd core/include/widelimit && ls -- *.hpp | sed 's/\./\\./' | paste -sd'|')
forbid sdk "boost/|cblas|lapacke|tbb/|widelimit/($core_headers)|core/" "sdk reaches beyond the standard library"
forbid plugins "boost/|tbb/|widelimit/($core_headers)|core/|apps/" "a plugin reaches core, apps or Boost"
forbid core 'widelimit/sdk|plugins/|apps/' "core reaches the SDK's C++ headers, plugins or apps"
forbid core/include 'boost/|tbb/|cblas|lapacke' "a public header of core reaches a library that its users need not have"
forbid apps 'core/|plugin/|engine/|config/|inference/|finite/|execution/|random/|widelimit/sdk|plugins/' "an app reaches beyond core's public headers"

# Headers that take seconds to compile are known to one file each.
#   only ROOM FILE PATTERN: under ROOM, FILE alone may include what PATTERN matches.
only() {
  local hits
  hits=$(grep -rlE "#[[:space:]]*include[[:space:]]*<($3)" "$1" | grep -vxF "$2")
  [ -z "$hits" ] && return
  printf '%s is not the only file with %s: %s\n' "$2" "$3" "$hits"
  wrong=1
}
only core/src core/src/plugin/library.cpp boost/dll
only core/src core/src/config/parse.cpp boost/json
only apps apps/base/json.cpp 'boost/json/[^f]'
only apps apps/report/gnuplot.cpp 'boost/(process|asio)'
only apps apps/report/svg.cpp pugixml
only apps apps/report/png.cpp 'png\.h'
exit $wrong
