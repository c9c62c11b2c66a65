#!/usr/bin/env bash
# Extracts the marked code blocks of a Markdown file, so that the tests compile the code that a README shows.
#   snippets.sh FILE.md DIRECTORY
# A line <!-- snippet: NAME --> above its fence marks a block, which is written to DIRECTORY/NAME.
set -eu
mkdir -p "$2"
awk -v dir="$2" '
  /^<!-- snippet: [A-Za-z0-9._-]+ -->$/ { name = $3; next }
  /^```/ { if (open) { close(open); open = ""; } else if (name) { open = dir "/" name; printf "" > open; print open; name = ""; } next }
  open { print > open }
  !/^[[:space:]]*$/ && !open { name = "" }
' "$1"
