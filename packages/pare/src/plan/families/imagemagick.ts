import type { Family } from './family.ts';

/** ImageMagick: a module for every format. */
export const imageMagick: Family = {
  id: 'imagemagick',
  inReserve: true,
  triggers: ['/usr/lib/**/libMagickCore-*.so.*'],
  rules: [
    {
      // 3 MB, and what they link to: HEIC needs 25 MB of encoders, which are no plug-ins but linked.
      id: 'coders',
      level: 'used',
      limitBytes: 32 * 1024 * 1024,
      keep: ['/usr/lib/{*/,}ImageMagick-*/modules-*/{coders,filters}/*.{so,la}'],
      reason: 'a coder is loaded by the format of a picture, through its .la file',
      source: 'ImageMagick documentation, "Resources": MAGICK_CODER_MODULE_PATH',
    },
    {
      id: 'settings',
      level: 'used',
      keep: ['/etc/ImageMagick-*/**', '/usr/{share,lib/*}/ImageMagick-*/**/*.xml', '/usr/share/color/icc/**'],
      overridesDrops: true,
      reason: 'policies, delegates, colours and fonts are read by name',
      source: 'ImageMagick documentation, "Resources"',
    },
  ],
};
