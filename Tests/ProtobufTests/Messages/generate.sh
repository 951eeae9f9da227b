#!/bin/sh
# Writes the C code of the test messages anew. With --check, fails if that differs from what is committed.
set -eu
cd "$(dirname "$0")"
target=$(cd ../../CTestMessages && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
protoc-c -I. -I/usr/include --c_out="$work" kinds.proto well_known.proto
for name in kinds well_known; do
    if [ "${1:-}" = --check ]; then
        cmp "$work/$name.pb-c.c" "$target/$name.pb-c.c"
        cmp "$work/$name.pb-c.h" "$target/include/$name.pb-c.h"
    else
        cp "$work/$name.pb-c.c" "$target/"
        cp "$work/$name.pb-c.h" "$target/include/"
    fi
done
