#!/bin/sh
# Starts the catalog, or runs what it was given.
set -eu

if [ "${1:-serve}" = serve ]; then
  : "${CATALOG_PORT:=5000}"
  if [ -n "${CATALOG_SEED:-}" ]; then
    # Only with a seed: nothing of this runs in a plain start.
    printf '%s\n' "$CATALOG_SEED" | tr ',' '\n' | sort -u >/var/lib/catalog/seed.txt
  fi
  exec python3 -m flask --app catalog run --host 0.0.0.0 --port "$CATALOG_PORT" --with-threads
fi
exec "$@"
