import { type Check, defineFullTest, execCheck } from '../../../samples/full-test.ts';

/** Writes a kind of file and reads it again. */
const formats: readonly Check[] = [
  'jpg',
  'gif',
  'webp',
  'tiff',
  'bmp',
  'ico',
  'jp2',
  'heic',
  'pnm',
  'xpm',
  'psd',
  'tga',
  'miff',
  'pcx',
  'txt',
  'sgi',
  'dds',
  'fits',
  'json',
  'uyvy',
].map((kind) => execCheck(`writes ${kind}`, ['convert', 'sample.png', `/tmp/a.${kind}`]));

const reads: readonly Check[] = [
  'jpg',
  'gif',
  'webp',
  'tiff',
  'bmp',
  'ico',
  'jp2',
  'pnm',
  'xpm',
  'psd',
  'tga',
  'miff',
  'pcx',
  'sgi',
  'dds',
].map((kind) =>
  execCheck(`reads ${kind}`, ['identify', '-format', '%m %wx%h\n', `/tmp/a.${kind}`], { match: /64x64/ }),
);

const work = [
  execCheck(
    'draws text in a font by name',
    ['convert', '-font', 'DejaVu-Sans', '-pointsize', '20', 'label:Käse', '-format', '%w', 'info:'],
    { match: /^[3-9]\d/ },
  ),
  execCheck('knows colours by name', ['convert', 'xc:papayawhip', '-format', '%[pixel:u]', 'info:'], {
    match: /PapayaWhip|255,239,213/i,
  }),
  execCheck('keeps to its policy', ['convert', 'sample.png', '/tmp/a.pdf'], {
    exitCode: 1,
    stderr: /not allowed by the security policy/,
  }),
  execCheck('lists its policy', ['identify', '-list', 'policy'], { match: /rights: None/ }),
  execCheck('lists its formats', ['identify', '-list', 'format'], { match: /HEIC[\s\S]*PNG/ }),
  execCheck('lists its fonts', ['identify', '-list', 'font'], { match: /DejaVu/ }),
  execCheck('lists its colours', ['identify', '-list', 'color'], { match: /papayawhip/i }),
  execCheck('lists its types', ['identify', '-list', 'magic'], { match: /PNG/ }),
  execCheck('lists its delegates', ['identify', '-list', 'delegate'], { match: /=>/ }),
  execCheck('rotates', ['convert', 'sample.png', '-rotate', '45', '/tmp/r.png']),
  execCheck('blurs', ['convert', 'sample.png', '-gaussian-blur', '0x2', '/tmp/b.png']),
  execCheck('distorts', [
    'convert',
    'sample.png',
    '-distort',
    'Perspective',
    '0,0 5,5 64,0 60,5 0,64 5,60 64,64 64,64',
    '/tmp/d.png',
  ]),
  execCheck('applies a formula', ['convert', 'sample.png', '-fx', 'u*0.5', '/tmp/f.png']),
  execCheck('transforms by Fourier', ['convert', 'sample.png', '-fft', '/tmp/fft.png'], {}),
  execCheck('compares', ['compare', '-metric', 'RMSE', 'sample.png', 'sample.png', 'null:'], {
    stderr: /^0 \(0\)/,
  }),
  execCheck('puts pictures together', ['montage', 'sample.png', 'sample.png', '/tmp/m.png']),
  execCheck('lays one over another', [
    'composite',
    'sample.png',
    '-gravity',
    'center',
    'sample.png',
    '/tmp/c.png',
  ]),
  execCheck('changes in place', ['mogrify', '-resize', '32x32', '/tmp/r.png']),
  execCheck('filters by a kernel', [
    'convert',
    'sample.png',
    '-morphology',
    'Convolve',
    'Sobel',
    '/tmp/s.png',
  ]),
  execCheck(
    'segments',
    [
      'convert',
      'sample.png',
      '-define',
      'connected-components:verbose=true',
      '-connected-components',
      '4',
      'null:',
    ],
    { match: /Objects/ },
  ),
  execCheck(
    'writes a histogram',
    ['convert', 'sample.png', '-colors', '4', '-format', '%c', 'histogram:info:'],
    { match: /\d+: \(/ },
  ),
  execCheck('makes an animation', [
    'convert',
    '-delay',
    '10',
    'sample.png',
    '(',
    'sample.png',
    '-negate',
    ')',
    '/tmp/anim.gif',
  ]),
  execCheck('reads SVG', ['convert', 'svg:-', '-format', '%w', 'info:'], {
    input:
      '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><circle cx="5" cy="5" r="4"/></svg>',
    match: /20/,
  }),
  execCheck('tells its version', ['convert', '-version'], { match: /ImageMagick 6.*Q16/ }),
];

export const functional = defineFullTest({
  name: 'imagemagick',
  ports: [],
  isReady: async ({ exec }) => (await exec(['true'])).exitCode === 0 || true,
  checks: [...formats, ...reads, ...work],
});
