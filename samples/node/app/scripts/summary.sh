#!/bin/sh
# Prints the dearest item and the number of items of a price list.
set -eu
tail -n +2 "$1" | sort -t, -k2 -rn | head -n 1 | cut -d, -f1
tail -n +2 "$1" | wc -l
