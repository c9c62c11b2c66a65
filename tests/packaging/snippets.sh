#!/usr/bin/env bash
# Takes the marked code blocks out of a Markdown file: what a README shows is what the tests compile.
#   snippets.sh FILE.md DIRECTORY
# A block is marked by a line <!-- snippet: NAME --> above its fence and becomes DIRECTORY/NAME.
set -eu
mkdir -p "$2"
awk -v dir="$2" '
  /^<!-- snippet: [A-Za-z0-9._-]+ -->$/ { name = $3; next }
  /^```/ { if (open) { close(open); open = ""; } else if (name) { open = dir "/" name; printf "" > open; print open; name = ""; } next }
  open { print > open }
  !/^[[:space:]]*$/ && !open { name = "" }
' "$1"
