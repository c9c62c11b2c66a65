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
forbid plugins 'widelimit/sdk/detail/' "a plugin reaches what the SDK keeps to itself"
forbid core 'widelimit/sdk|plugins/|apps/' "core reaches the SDK's C++ headers, plugins or apps"
forbid core/include 'boost/|tbb/|cblas|lapacke' "a public header of core reaches a library that its users need not have"
forbid apps 'core/|plugin/|engine/|config/|inference/|finite/|execution/|random/|widelimit/sdk|plugins/' "an app reaches beyond core's public headers"

# Only one file knows Boost.DLL, one of core Boost.JSON.
only() {
  local hits
  hits=$(grep -rlE "#[[:space:]]*include[[:space:]]*<$2" core/src | grep -vxF "$1")
  [ -z "$hits" ] && return
  printf '%s is not the only file with %s: %s\n' "$1" "$2" "$hits"
  wrong=1
}
only core/src/plugin/library.cpp boost/dll
only core/src/config/parse.cpp boost/json
exit $wrong
