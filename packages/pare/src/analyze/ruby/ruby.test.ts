import type { ImageConfig, ImagePath } from '@pare/oci';
import { type MemoryEntry, memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnalysis } from '../analysis.ts';
import { parseGemfile } from './parse-gemfile.ts';
import { parseGemspec } from './parse-gemspec.ts';
import { scanRuby } from './scan-ruby.ts';

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};
const analysisOf = (files: Record<string, MemoryEntry>) => createAnalysis(memoryTree(files), config);

const gemspec = `# -*- encoding: utf-8 -*-
Gem::Specification.new do |s|
  s.name = "sinatra".freeze
  s.version = "3.0.5"
  s.require_paths = ["lib".freeze, "ext".freeze]
  s.executables = ["sin".freeze]
  s.add_runtime_dependency(%q<rack>.freeze, ["~> 2.2"])
  s.add_dependency 'tilt', '>= 2'
  s.add_development_dependency(%q<minitest>.freeze, [">= 0"])
end
`;

test('reads a specification without running it', () => {
  expect(parseGemspec(gemspec, 'sinatra-3.0.5.gemspec')).toEqual({
    name: 'sinatra',
    version: '3.0.5',
    fullName: 'sinatra-3.0.5',
    requirePaths: ['lib', 'ext'],
    executables: ['sin'],
    dependencies: ['rack', 'tilt'],
  });
  expect(parseGemspec('', 'nokogiri-1.13-x86_64-linux.gemspec')).toMatchObject({
    name: 'nokogiri',
    version: '1.13',
    fullName: 'nokogiri-1.13-x86_64-linux',
  });
  expect(parseGemspec('', 'x.gemspec')).toBeUndefined();
});

test('does not take the development dependencies that the branch for old RubyGems repeats for needs', () => {
  const dependencies = (runtime: string) =>
    parseGemspec(
      `Gem::Specification.new do |s|
  if s.respond_to? :add_runtime_dependency then
    ${runtime}
    s.add_development_dependency(%q<nokogiri>.freeze, [">= 0"])
    s.add_development_dependency(%q<rack>.freeze, [">= 0"])
  else
    s.add_dependency(%q<rack>.freeze, ["~> 2.2"])
    s.add_dependency(%q<nokogiri>.freeze, [">= 0"])
  end
end
`,
      'tilt-2.0.11.gemspec',
    )?.dependencies;
  expect(dependencies('s.add_runtime_dependency(%q<rack>.freeze, ["~> 2.2"])')).toEqual(['rack']);
  expect(dependencies('')).toEqual([]);
});

test('keeps a dependency that no branch hides, though it is one for development too', () => {
  const text = 's.add_dependency "rack"\ns.add_development_dependency "rack"\n';
  expect(parseGemspec(text, 'a-1.gemspec')?.dependencies).toEqual(['rack']);
});

test('finds what a source requires, starts and names', () => {
  const text =
    "require 'a'\nrequire_relative(\"../b\")\nautoload :C, 'c/d'\nload 'e.rb'\nrequire File.expand_path('../lib/f', __FILE__)\n" +
    "system('convert x'); out = `ls #{dir}`\nffi_lib 'magic'\n# require 'no'\nx = \"text with `no` in it\"\n=begin\nrequire 'no'\n=end\nFile.read('/usr/share/x/y')\n__END__\nrequire 'no'";
  expect(scanRuby(text)).toEqual({
    imports: ['a', 'c/d', 'e.rb'],
    relative: ['../b', 'lib/f'],
    programs: [],
    shellCommands: ['convert x', 'ls $_'],
    usesShell: true,
    paths: ['/usr/share/x/y'],
    libraries: ['magic'],
  });
});

test('any text is scanned to its end', () => {
  const text = fc
    .array(fc.constantFrom('require ', "'", '"', '`', '#', '{', '}', '\n', '=begin\n', '%x(', ')', 'a', '\\'))
    .map((parts) => parts.join(''));
  fc.assert(fc.property(text, (each) => scanRuby(each).imports.length >= 0));
});

test('a gem owns its directory, extensions, specification and programs', async () => {
  const home = '/var/lib/gems/3.1.0';
  const { packages } = await analysisOf({
    [`${home}/specifications/sinatra-3.0.5.gemspec`]: gemspec,
    [`${home}/gems/sinatra-3.0.5/lib/sinatra.rb`]: '',
    [`${home}/extensions/x86_64-linux/3.1.0/sinatra-3.0.5/fast.so`]: '',
    [`${home}/bin/sin`]: '',
    [`${home}/bin/other`]: '',
    '/usr/share/rubygems-integration/all/specifications/rack-2.2.gemspec':
      'Gem::Specification.new do |s|\n s.name = "rack"\n s.version = "2.2"\nend',
  }).packages();
  expect(packages.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
    ['gem:/usr/share/rubygems-integration/all/specifications/rack-2.2.gemspec', []],
    [
      `gem:${home}/specifications/sinatra-3.0.5.gemspec`,
      ['gem:/usr/share/rubygems-integration/all/specifications/rack-2.2.gemspec'],
    ],
  ]);
  expect(packages[1]?.files).toEqual([
    `${home}/bin/sin`,
    `${home}/extensions/x86_64-linux/3.1.0/sinatra-3.0.5`,
    `${home}/extensions/x86_64-linux/3.1.0/sinatra-3.0.5/fast.so`,
    `${home}/gems/sinatra-3.0.5`,
    `${home}/gems/sinatra-3.0.5/lib`,
    `${home}/gems/sinatra-3.0.5/lib/sinatra.rb`,
    `${home}/specifications/sinatra-3.0.5.gemspec`,
  ]);
});

test('resolves features over the standard library, vendor directories and gems', async () => {
  const files = {
    '/app/app.rb':
      "require 'json'\nrequire 'rack'\nrequire 'sinatra/base'\nrequire_relative 'lib/own'\nrequire 'fast'",
    '/app/lib/own.rb': '',
    '/usr/lib/ruby/3.1.0/json.rb': '',
    '/usr/lib/x86_64-linux-gnu/ruby/3.1.0/fast.so': '',
    '/usr/lib/ruby/vendor_ruby/rack.rb': '',
    '/var/lib/gems/3.1.0/specifications/sinatra-3.0.5.gemspec': gemspec,
    '/var/lib/gems/3.1.0/gems/sinatra-3.0.5/lib/sinatra/base.rb': '',
  };
  const facts =
    (await analysisOf(files).factsOf(['/app/app.rb' as ImagePath])).get('/app/app.rb' as ImagePath) ?? [];
  expect(facts.map((fact) => (fact.kind === 'needs' ? fact.to : fact.kind))).toEqual([
    '/usr/lib/ruby/3.1.0/json.rb',
    '/usr/lib/ruby/vendor_ruby/rack.rb',
    '/var/lib/gems/3.1.0/gems/sinatra-3.0.5/lib/sinatra/base.rb',
    '/usr/lib/x86_64-linux-gnu/ruby/3.1.0/fast.so',
    '/app/lib/own.rb',
  ]);
});

test('names the gems of template methods, converters where code converts, and commands inside of strings', () => {
  const sinatra = scanRuby(
    "require 'sinatra/base'\nget('/') { builder { |xml| xml.a } }\nget '/x' do\n  haml :x\nend",
  );
  expect(sinatra.imports).toEqual(['sinatra/base', 'builder', 'haml']);
  expect(scanRuby('builder { 1 }\nslim = 2').imports).toEqual([]);
  expect(scanRuby("'x'.encode(name)").imports).toContain('enc/trans/japanese_sjis');
  expect(scanRuby("x.encode64 'y'").imports).toEqual([]);
  expect(scanRuby("require 'kconv'").imports).toEqual(['kconv', 'nkf']);
  const inside = scanRuby('puts "#{1},#{`date -u`.strip}"');
  expect([inside.shellCommands, inside.usesShell]).toEqual([['date -u'], true]);
});

test('an application needs the gems of its Gemfile, less those of groups for development', async () => {
  const gemfile = `source 'https://gems.example'
    ruby '3.1'
    gem 'sinatra', '~> 3', require: false # gem 'commented'
    gem "debug", group: :development
    group :development, :test do
      platforms :mri do
        gem 'byebug'
      end
      gem 'rspec'
    end
    gem('missing')`;
  expect(parseGemfile(gemfile)).toEqual(['sinatra', 'missing']);
  const { packages } = await analysisOf({
    '/app/Gemfile': gemfile,
    '/var/lib/gems/3.1.0/specifications/sinatra-3.0.5.gemspec': gemspec,
    '/var/lib/gems/3.1.0/gems/sinatra-3.0.5/Gemfile': "gem 'other'",
  }).packages();
  const sinatra = 'gem:/var/lib/gems/3.1.0/specifications/sinatra-3.0.5.gemspec';
  expect(packages.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
    ['gem:/app', [sinatra]],
    [sinatra, []],
  ]);
});

test.each(['', 'end\nend', 'group :test do', 'gem', "gem ''", '\0'])(
  'a Gemfile of %j declares nothing',
  (text) => {
    expect(parseGemfile(text)).toEqual([]);
  },
);
