#!/usr/bin/env bash
# Runs an example of a README in an empty directory, and compares what it prints with its source.
#   run.sh PROGRAM SOURCE
# Comments "// prints: TEXT" at the end of the source are the lines to expect, in order.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n 's|^// prints: ||p' "$2" >"$work/expected"
[ -s "$work/expected" ] || { echo "$2 does not say what it prints"; exit 1; }
(cd "$work" && "$1") >"$work/printed"
diff "$work/expected" "$work/printed"
