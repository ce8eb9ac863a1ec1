#!/bin/sh
# Starts the board, or runs what it was given.
set -eu

if [ "${1:-serve}" = serve ]; then
  : "${BOARD_PORT:=9000}" "${BOARD_THREADS:=1:4}"
  if [ -n "${BOARD_NOTICES:-}" ]; then
    # Only where notices are given: nothing of this runs in a plain start.
    printf '%s\n' "$BOARD_NOTICES" | tr ',' '\n' | sort -u >tmp/notices.txt
  fi
  exec puma --bind "tcp://0.0.0.0:$BOARD_PORT" --threads "$BOARD_THREADS" config.ru
fi
exec "$@"
