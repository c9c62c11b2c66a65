#!/usr/bin/env bash
# Source files have at most about 400 lines, except abi.h: it is one specification.
set -u
cd "$1" || exit 2
limit=450
find core plugins sdk apps -name '*.cpp' -o -name '*.hpp' -o -name '*.h' -o -name '*.c' | grep -vx sdk/include/widelimit/abi.h | while read -r file; do
  lines=$(wc -l <"$file")
  [ "$lines" -le $limit ] || { echo "$file has $lines lines; the limit is $limit"; false; }
done | grep . && exit 1
exit 0
