#!/usr/bin/env bash
# A file has one reason to exist; past about 400 lines it is two files. abi.h is one specification, however long.
set -u
cd "$1" || exit 2
limit=450
find core plugins sdk apps -name '*.cpp' -o -name '*.hpp' -o -name '*.h' -o -name '*.c' | grep -vx sdk/include/widelimit/abi.h | while read -r file; do
  lines=$(wc -l <"$file")
  [ "$lines" -le $limit ] || { echo "$file has $lines lines; $limit are the most"; false; }
done | grep . && exit 1
exit 0
