'use strict';
const { parentPort, workerData } = require('node:worker_threads');

const primes = [];
for (let n = 2; n < workerData.limit; n += 1) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
parentPort.postMessage(primes);
