'use strict';
const path = require('node:path');
const sharp = require('sharp');

const plain = () => sharp({ create: { width: 64, height: 48, channels: 3, background: { r: 200, g: 30, b: 30 } } });

exports.draw = (format) => plain().toFormat(format).toBuffer();
/** Writes in one format, reads it back, turns and shrinks it. */
exports.thumbnail = async (format) => {
  const source = await plain().toFormat(format).toBuffer();
  const { info, data } = await sharp(source).rotate(90).resize({ width: 12 }).png().toBuffer({ resolveWithObject: true });
  return { from: (await sharp(source).metadata()).format, width: info.width, height: info.height, bytes: data.length > 50 };
};
exports.labelled = async () => {
  const label = await sharp(path.join(__dirname, 'label.svg')).png().toBuffer();
  const { channels } = await plain().composite([{ input: label }]).sharpen().withMetadata().png().toBuffer().then((data) => sharp(data).stats());
  return { different: channels[0].stdev > 1, profile: (await sharp(await plain().withIccProfile('p3').png().toBuffer()).metadata()).icc?.length > 0 };
};
