'use strict';
const { parentPort, workerData } = require('node:worker_threads');
parentPort.postMessage(workerData.reduce((sum, each) => sum + each, 0));
