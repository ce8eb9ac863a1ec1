#!/bin/sh
# Prints the longest line of its input.
awk '{ print length($0) " " $0 }' | sort -rn | head -n 1 | sed 's/^[0-9]* //'
