# Lists of Debian packages by purpose. Other scripts source this file.
#   need run|test|ci    installs the missing packages of a list with apt, and uses sudo unless it runs as root.

packages_run="cmake ninja-build g++ pkg-config libboost1.81-dev libboost-json1.81-dev libopenblas-dev liblapacke-dev libtbb-dev libhwy-dev libcli11-dev libpng-dev libpugixml-dev librandom123-dev zlib1g-dev libminizip-dev libxxhash-dev libelf-dev gnuplot-nox"
packages_test="$packages_run doctest-dev qemu-user git"
packages_ci="$packages_test clang libclang-rt-14-dev clang-format libbenchmark-dev ccache"

need() {
  local wanted missing=() package
  wanted="packages_$1"
  for package in ${!wanted}; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "These packages are missing: ${missing[*]}. Run this script as root, or install sudo." >&2
      return 1
    }
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
