'use strict';
exports.type = 'text/yaml';
exports.write = (items) => items.map(({ name, price }) => `- name: ${name}\n  price: ${price}`).join('\n');
