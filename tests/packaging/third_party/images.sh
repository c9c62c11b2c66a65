#!/usr/bin/env bash
# Writes images of 8 x 8 in the format of MNIST: horizontal or vertical bars in noise, the same in every run.
#   images.sh DIRECTORY
set -euo pipefail
cd "$1"
{
  printf '\0\0\10\3\0\0\0\50\0\0\0\10\0\0\0\10'
  bytes=$(awk 'BEGIN {
    s = 7
    for (n = 0; n < 40; ++n) for (i = 0; i < 8; ++i) for (j = 0; j < 8; ++j) {
      s = (s * 75 + 74) % 65537
      printf "\\%03o", s % 128 + ((n % 2 ? i : j) % 4 < 2 ? 100 : 0)
    }
  }')
  # shellcheck disable=SC2059
  printf "$bytes"
} >images.idx
{
  printf '\0\0\10\1\0\0\0\50'
  for _ in $(seq 20); do printf '\0\1'; done
} >labels.idx
