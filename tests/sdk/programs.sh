#!/bin/sh
# Extracts the complete programs of a README: fenced blocks that begin with a comment with their file name, NAME.cpp or CMakeLists.txt.
# programs.sh README.md DIRECTORY
set -eu
mkdir -p "$2"
awk -v to="$2" '
  /^```/ { if (file) close(file); file = ""; inside = !inside; first = inside; next }
  inside && first { first = 0; if ($2 ~ /^[a-z_]+\.cpp$/ || $2 == "CMakeLists.txt") file = to "/" $2 }
  inside && file { print > file }' "$1"
