import type { Family } from './family.ts';

/** Parts of ruby for people at a terminal or for building gems. */
const drops = [
  '/usr/{local/,}lib/ruby/*/{rdoc,irb,mkmf.rb}/**',
  '/usr/{local/,}lib/ruby/gems/*/{doc,cache,build_info}/**',
  '/usr/{local/,}lib/ruby/gems/*/gems/{rbs,debug,typeprof,test-unit,minitest,power_assert}-*/**',
  '/usr/share/ri/**',
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
