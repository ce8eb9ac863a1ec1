import type { Family } from './family.ts';

/** Parts of ruby for people at a terminal or for building gems. */
const drops = [
  '/usr/{local/,}lib/ruby/*/{rdoc,irb,mkmf.rb}/**',
  '/usr/{local/,}lib/ruby/gems/*/{doc,cache,build_info}/**',
  '/usr/{local/,}lib/ruby/gems/*/gems/{rbs,debug,typeprof,test-unit,minitest,power_assert}-*/**',
  '/usr/share/ri/**',
  '/usr/{local/,}lib/ruby/**/bundler/man/**',
  // 1 MB with libedit and ncurses; the family below brings it back.
  '/usr/{local/,}lib/{*/,}ruby/**/{reline,readline}{.rb,.so,/**}',
  // 3.3 MB of converters of East Asian and IBM character sets: kept where code converts (see scan-ruby.ts).
  '/usr/{local/,}lib/{*/,}ruby/**/enc/trans/{big5,chinese,ebcdic,emoji*,gb18030,gbk,japanese*,korean,utf8_mac}.so',
  '/usr/{local/,}lib/{*/,}ruby/**/nkf.so',
];

/** MRI. The standard library measures 6 MB, its extensions and encodings 4 MB (Debian's 3.1). */
export const ruby: Family = {
  id: 'ruby',
  triggers: ['/usr/{local/,}bin/ruby*', '/usr/{local/,}lib/**/libruby*.so*'],
  runtime: [
    '/usr/bin/ruby*',
    '/usr/local/lib/ruby/[0-9]*/**',
    '/usr/local/lib/ruby/gems/*/{specifications/default,gems/{rbs,debug,typeprof,test-unit,minitest,power_assert,rake}-*}/**',
    '/usr/local/lib/libruby*',
    '/usr/local/bin/{ruby,gem,irb,erb,rdoc,ri,rake,racc,rbs,typeprof,rdbg,bundle,bundler}',
  ],
  drops,
  rules: [
    {
      id: 'standard-library',
      level: 'used',
      keep: [
        '/usr/lib/ruby/[0-9]*/**',
        '/usr/lib/*/ruby/[0-9]*/**',
        '/usr/local/lib/ruby/[0-9]*/**',
        '/usr/lib/ruby/vendor_ruby/rubygems{.rb,/**}',
        '/usr/lib/ruby/vendor_ruby/rubygems/defaults/*.rb',
      ],
      reason: 'libraries that are required inside methods, extensions, encodings and converters',
      source: 'ruby docs, "Standard Library"; Encoding::Converter loads enc/trans/*.so by name',
    },
    {
      id: 'gem-specifications',
      level: 'used',
      keep: [
        '/usr/{local/,}lib/ruby/gems/*/specifications/**/*.gemspec',
        '/var/lib/gems/*/specifications/*.gemspec',
        '/usr/share/rubygems-integration/**/*.gemspec',
        '/{usr/lib/*,var/lib/gems}/*/extensions/**/gem.build_complete',
      ],
      reason: 'rubygems and bundler find gems by their specifications',
      source: 'RubyGems guides, "Specification Reference"',
    },
  ],
};

/** Code for people at a terminal. Cost: 1 MB of reline, libedit and ncurses. */
export const rubyTerminal: Family = {
  id: 'ruby-terminal',
  triggers: ['/**/lib/ruby/**/{irb,readline,reline}.rb', '/**/gems/{pry,irb}-*/lib/*.rb'],
  rules: [
    {
      id: 'line-editing',
      level: 'used',
      keep: ['/usr/{local/,}lib/{*/,}ruby/**/{reline,readline}{.rb,.so,/**}'],
      overridesDrops: true,
      reason: 'a line editor is chosen when the first line is read',
      source: 'ruby docs, readline and reline',
    },
  ],
};
