#!/bin/sh
# Counts what is for sale.
grep -o '"name"' items.json | wc -l | sed -e 's/^ */items: /'
