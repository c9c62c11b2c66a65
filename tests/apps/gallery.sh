#!/usr/bin/env bash
# The gallery in plugins/README.md is what `widelimit describe --markdown` prints for this project's plugins.
# gallery.sh PROGRAM PLUGIN_DIR README [--write]: compares, or with --write replaces it.
set -eu
program=$1
plugins=$2
readme=$3
begin='<!-- gallery: begin -->'
end='<!-- gallery: end -->'
new=$(mktemp)
trap 'rm -f "$new"' EXIT
for marker in "$begin" "$end"; do
  [ "$(grep -cxF -- "$marker" "$readme")" = 1 ] || { echo "$readme does not contain exactly one line $marker"; exit 1; }
done
{
  sed "/^$begin\$/q" "$readme"
  echo
  WIDELIMIT_PLUGIN_PATH='' "$program" describe --markdown --plugin-dir "$plugins"
  echo
  sed -n "/^$end\$/,\$p" "$readme"
} >"$new"
if [ "${4:-}" = --write ]; then
  cat "$new" >"$readme"
elif ! diff "$readme" "$new"; then
  echo "$readme differs from what the plugins say of themselves (lines with >). Regenerate it:"
  echo "  $0 $program $plugins $readme --write"
  exit 1
fi
