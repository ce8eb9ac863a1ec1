'use strict';
exports.type = 'text/csv';
exports.write = (items) => items.map(({ name, price }) => `${name};${price}`).join('\n');
