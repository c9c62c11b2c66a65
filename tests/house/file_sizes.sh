#!/usr/bin/env bash
# A file has one reason to exist; past about 400 lines it is two files.
set -u
cd "$1" || exit 2
limit=450
find core plugins sdk apps -name '*.cpp' -o -name '*.hpp' -o -name '*.h' -o -name '*.c' | while read -r file; do
  lines=$(wc -l <"$file")
  [ "$lines" -le $limit ] || { echo "$file has $lines lines; $limit are the most"; false; }
done | grep . && exit 1
exit 0
