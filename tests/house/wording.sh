#!/usr/bin/env bash
# The sources contain no unfinished work, no paths of one machine and no builds for one machine. Every source file begins with a comment.
# Headers spell "Thread safety:" the same way, and Markdown is wrapped at 120 characters, except for tables and code.
set -u
cd "$1" || exit 2
wrong=0
hits=$(grep -rnE 'TODO|FIXME|\bXXX\b|\bHACK\b|not implemented yet' core plugins sdk apps)
[ -n "$hits" ] && { echo "unfinished:"; echo "$hits"; wrong=1; }
hits=$(grep -rnE 'march=native|/home/[a-z]|/tmp/[a-z]' core plugins sdk apps CMakeLists.txt)
[ -n "$hits" ] && { echo "a path or a processor of one machine:"; echo "$hits"; wrong=1; }
while read -r file; do
  case "$(head -c 2 "$file")" in
    '//' | '/*') ;;
    *) echo "$file does not open with a comment that says why it exists"; wrong=1 ;;
  esac
done < <(find core plugins sdk apps tests \( -name '*.cpp' -o -name '*.hpp' -o -name '*.h' -o -name '*.c' \))
hits=$(grep -rnE 'Thread-safety|Threading:' --include='*.hpp' --include='*.h' --include='*.cpp' --include='*.c' core plugins sdk apps tests)
[ -n "$hits" ] && { echo "write \"Thread safety:\":"; echo "$hits"; wrong=1; }
while read -r file; do
  LC_ALL=C awk -v file="$file" '
    /^ *```/ { code = !code; next }
    { gsub(/[\200-\277]/, "") } # a character of UTF-8 counts as one
    !code && !/^\|/ && !/^!\[/ && length($0) > 120 { print file ":" FNR ": longer than 120 characters"; bad = 1 }
    END { exit bad }' "$file" || wrong=1
done < <(find ./*.md core plugins sdk apps tests -name '*.md')
exit $wrong
