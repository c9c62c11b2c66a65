#!/usr/bin/env bash
# Allowed includes: sdk -> nothing, plugins -> sdk, core -> sdk's abi.h, apps -> core's public headers; inside core, every
# room includes only rooms below it. Fails on any other include.
set -u
cd "$1" || exit 2
wrong=0

# forbid WHERE PATTERN WHY: no file under WHERE may include a header that matches PATTERN.
forbid() {
  local hits
  # shellcheck disable=SC2086  # WHERE is a list of folders and files
  hits=$(grep -rnE --include='*.hpp' --include='*.h' --include='*.cpp' --include='*.c' "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" $1)
  [ -z "$hits" ] && return
  printf '%s:\n%s\n' "$3" "$hits"
  wrong=1
}

core_headers=$(cd core/include/widelimit && find . -name '*.hpp' | sed 's|^\./||; s/\./\\./' | paste -sd'|')
forbid sdk "boost/|cblas|lapacke|tbb/|widelimit/($core_headers)|core/" "sdk reaches beyond the standard library"
forbid plugins "boost/|tbb/|widelimit/($core_headers)|core/|apps/" "a plugin reaches core, apps or Boost"
forbid plugins 'widelimit/sdk/detail/' "a plugin reaches what the SDK keeps to itself"
forbid core 'widelimit/sdk|plugins/|apps/' "core reaches the SDK's C++ headers, plugins or apps"
forbid core/include 'boost/|tbb/|cblas|lapacke' "a public header of core reaches a library that its users need not have"

# The rooms of core/src, lowest first, each with the public headers that it implements.
rooms='
text
base            error|control|matrix|memory|sample_shape|samples_view|network_spec|kernel|kernel_sink|kernel_source|version
json
files           experiment/csv|experiment/files
execution
random
boundary        examine/host|examine/params|examine/plan|examine/plugin_call
solve           solver
plugin          catalogue|runtime_options
engine/plan
engine/grid
engine/dense
engine/spatial
engine/network  network|planned_network
store           store
inference       inference|factorised_kernel|streamed
finite          finite
config          experiment/experiment
data            experiment/data|experiment/table_encoding
runtime         runtime|widelimit
'
names=() headers=()
while read -r name public; do
  [ -z "$name" ] && continue
  names+=("$name") headers+=("$public")
done <<<"$rooms"

# public_files PATTERN: the public headers of a room, as paths.
public_files() {
  [ -z "$1" ] || (cd core/include/widelimit && find . -name '*.hpp' | sed 's|^\./||' | grep -E "^($1)\.hpp$" | sed 's|^|core/include/widelimit/|')
}

for ((i = 0; i < ${#names[@]}; ++i)); do
  [ -d "core/src/${names[i]}" ] || { echo "core/src/${names[i]} is in the list of rooms but does not exist"; wrong=1; }
  above=$(printf '%s\n' "${names[@]:i+1}" | sed 's|$|/|' | paste -sd'|')
  for ((j = i + 1; j < ${#names[@]}; ++j)); do
    [ -n "${headers[j]}" ] && above+="${above:+|}widelimit/(${headers[j]})\\.hpp"
  done
  [ -z "$above" ] || forbid "core/src/${names[i]} $(public_files "${headers[i]}")" "$above" "core's ${names[i]} includes a room above it"
done

# Every folder with sources is in the list of rooms, and every public header belongs to one.
while read -r folder; do
  printf '%s\n' "${names[@]}" | grep -qxF "$folder" || { echo "core/src/$folder is missing from the list of rooms"; wrong=1; }
done < <(find core/src -name '*.cpp' -printf '%h\n' | sort -u | sed 's|^core/src/||')
all_headers=$(printf '%s\n' "${headers[@]}" | grep . | paste -sd'|')
while read -r header; do
  [[ $header =~ ^($all_headers)\.hpp$ ]] || { echo "core/include/widelimit/$header belongs to no room of the list"; wrong=1; }
done < <(cd core/include/widelimit && find . -name '*.hpp' | sed 's|^\./||')

private=$(printf '%s\n' "${names[@]}" | sed 's|/.*||' | sort -u | sed 's|$|/|' | paste -sd'|')
forbid apps "core/|$private|widelimit/sdk|plugins/" "an app reaches beyond core's public headers"

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
only core/src core/src/json/parse.cpp boost/json
only apps apps/common/json.cpp 'boost/json/[^f]'
only apps apps/report/gnuplot.cpp 'boost/(process|asio)'
only apps apps/report/svg.cpp pugixml
only apps apps/report/png.cpp 'png\.h'
exit $wrong
