import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import type { Fact } from '../model/fact.ts';
import type { KeepReason } from '../model/keep-reason.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import { families } from './families/list.ts';
import { installed, keptIn, linksTo, needs, planCase, reasonsOf, type Use } from './testing/plan-case.ts';

const x = 'x';

describe('runtime families', () => {
  it('have unique names, and each rule a reason and a source', () => {
    const rules = families.flatMap((family) =>
      family.rules.map((rule) => ({ name: `${family.id}/${rule.id}`, rule })),
    );
    expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
    for (const { name, rule } of rules) {
      expect(rule.reason, name).toMatch(/\S{2}/);
      expect(rule.source, name).toMatch(/\S{2}/);
    }
  });

  it('keep the CA bundle and the account databases at every level', () => {
    const tree = memoryTree({
      '/etc/ssl/certs/ca-certificates.crt': x,
      '/etc/passwd': x,
      '/etc/login.defs': x,
      '/etc/services': x,
    });
    expect(planCase(tree, { level: 'observed' }).removed).toEqual(['/etc/login.defs', '/etc/services']);
    expect(planCase(tree, { level: 'observed', uses: ['/etc/login.defs'] }).removed).toEqual([
      '/etc/services',
    ]);
    expect(planCase(tree, {}).removed).toEqual([]);
  });

  it('glibc: keep converters and small locale sets, and East Asian converters where one was loaded', () => {
    const lib = '/usr/lib/x86_64-linux-gnu';
    const tree = memoryTree({
      [`${lib}/libc.so.6`]: x,
      [`${lib}/libgcc_s.so.1`]: x,
      [`${lib}/gconv/UTF-16.so`]: x,
      [`${lib}/gconv/CP1252.so`]: x,
      [`${lib}/gconv/IBM037.so`]: x,
      [`${lib}/gconv/SJIS.so`]: x,
      '/usr/lib/locale/C.utf8/LC_CTYPE': x,
    });
    const plain = planCase(tree, { uses: [`${lib}/libc.so.6`] });
    expect(plain.removed).toEqual([`${lib}/gconv/IBM037.so`, `${lib}/gconv/SJIS.so`]);
    const converting = planCase(tree, { uses: [`${lib}/libc.so.6`, `${lib}/gconv/UTF-16.so`] });
    expect(converting.removed).toEqual([`${lib}/gconv/IBM037.so`]);
  });

  it('time zones: keep all but the doubles at `used`, the configured one at `observed`', () => {
    const zone = '/usr/share/zoneinfo';
    const tree = memoryTree({
      [`${zone}/Asia/Tokyo`]: x,
      [`${zone}/Europe/Rome`]: x,
      [`${zone}/right/Asia/Tokyo`]: x,
    });
    expect(keptIn(planCase(tree, {}), `${zone}/right`)).toEqual([]);
    expect(keptIn(planCase(tree, {}), `${zone}/Europe`)).toContain(`${zone}/Europe/Rome`);
    const plan = planCase(tree, { level: 'observed', run: { Env: ['TZ=Asia/Tokyo'] } });
    expect(keptIn(plan, zone)).toEqual([zone, `${zone}/Asia`, `${zone}/Asia/Tokyo`]);
  });

  it('python: keep the standard library with its extensions, less tests and byte code', () => {
    const lib = '/usr/lib/python3.11';
    const tree = memoryTree({
      [`${lib}/encodings/__init__.py`]: x,
      [`${lib}/json/tool.py`]: x,
      [`${lib}/json/__pycache__/tool.cpython-311.pyc`]: x,
      [`${lib}/test/support.py`]: x,
      [`${lib}/shelve.py`]: x,
      [`${lib}/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so`]: x,
      [`${lib}/lib-dynload/_dbm.cpython-311-x86_64-linux-gnu.so`]: x,
      '/usr/lib/libssl.so.3': x,
      '/srv/app.py': x,
    });
    const facts = [
      linksTo(`${lib}/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so`, '/usr/lib/libssl.so.3'),
    ];
    const uses = [[`${lib}/encodings/__init__.py`, 'stat']] as const;
    const plan = planCase(tree, { uses, facts });
    expect(plan.removed.filter((path) => tree.get(path)?.kind === 'file')).toEqual([
      `${lib}/json/__pycache__/tool.cpython-311.pyc`,
      `${lib}/lib-dynload/_dbm.cpython-311-x86_64-linux-gnu.so`,
      `${lib}/test/support.py`,
    ]);
    const shelving = planCase(tree, {
      uses,
      facts: [...facts, needs('/srv/app.py', `${lib}/shelve.py`, 'import')],
    });
    expect(reasonsOf(shelving, `${lib}/lib-dynload/_dbm.cpython-311-x86_64-linux-gnu.so`)).toEqual([
      { kind: 'runtime-family', family: 'python-dbm', rule: 'back-ends' },
    ]);
  });

  it('babel: keep the locales of languages that the application has messages in, or all of them', () => {
    const babel = '/usr/lib/python3/dist-packages/babel';
    const data = '/usr/share/python-babel-localedata/locale-data';
    const files = {
      [`${babel}/localedata.py`]: x,
      [`${babel}/locale-data`]: { symlink: data },
      [`${data}/root.dat`]: x,
      [`${data}/de.dat`]: x,
      [`${data}/de_AT.dat`]: x,
      [`${data}/zu.dat`]: x,
    };
    const uses = [`${babel}/localedata.py`];
    const german = memoryTree({ ...files, '/srv/app/translations/de/LC_MESSAGES/messages.mo': x });
    expect(planCase(german, { uses }).removed).toEqual([`${data}/zu.dat`]);
    expect(planCase(memoryTree(files), { uses }).removed).toEqual([]);
  });

  it('perl and ruby: leave out large tables until code names what reads them', () => {
    const perl = '/usr/lib/x86_64-linux-gnu/perl/5.36.0';
    const ruby = '/usr/lib/x86_64-linux-gnu/ruby/3.1.0';
    const tree = memoryTree({
      '/usr/bin/perl': x,
      '/usr/bin/ruby3.1': x,
      [`${perl}/auto/Encode/JP/JP.so`]: x,
      [`${perl}/auto/Encode/Byte/Byte.so`]: x,
      [`${perl}/Unicode/Collate.pm`]: x,
      [`${perl}/Unicode/Collate/Locale.pm`]: x,
      [`${ruby}/enc/trans/korean.so`]: x,
      [`${ruby}/enc/trans/single_byte.so`]: x,
      '/srv/app.pl': x,
    });
    const uses: Use[] = [
      ['/usr/bin/perl', 'execute'],
      ['/usr/bin/ruby3.1', 'execute'],
    ];
    const files = (plan: ReductionPlan) => plan.removed.filter((path) => tree.get(path)?.kind === 'file');
    expect(files(planCase(tree, { uses }))).toEqual([
      `${perl}/Unicode/Collate.pm`,
      `${perl}/Unicode/Collate/Locale.pm`,
      `${perl}/auto/Encode/JP/JP.so`,
      `${ruby}/enc/trans/korean.so`,
    ]);
    const facts = [
      needs('/srv/app.pl', `${perl}/Unicode/Collate.pm`, 'import'),
      needs('/srv/app.pl', `${perl}/auto/Encode/JP/JP.so`, 'import'),
      needs('/srv/app.pl', `${ruby}/enc/trans/korean.so`, 'import'),
    ];
    expect(files(planCase(tree, { uses, facts }))).toEqual([]);
  });

  it('dotnet: keep the framework that runs with its native libraries, and not the SDK', () => {
    const root = '/usr/share/dotnet';
    const tree = memoryTree({
      [`${root}/shared/Microsoft.NETCore.App/8.0.1/libcoreclr.so`]: x,
      [`${root}/shared/Microsoft.NETCore.App/8.0.1/System.Xml.dll`]: x,
      [`${root}/shared/Microsoft.NETCore.App/8.0.1/libmscordbi.so`]: x,
      [`${root}/shared/Microsoft.NETCore.App/7.0.0/System.Xml.dll`]: x,
      [`${root}/shared/Microsoft.AspNetCore.App/8.0.1/Kestrel.dll`]: x,
      [`${root}/host/fxr/8.0.1/libhostfxr.so`]: x,
      [`${root}/sdk/8.0.1/MSBuild.dll`]: x,
      '/usr/lib/x86_64-linux-gnu/libicuuc.so.72': x,
      '/usr/lib/x86_64-linux-gnu/libssl.so.3': x,
    });
    const uses = [`${root}/shared/Microsoft.NETCore.App/8.0.1/libcoreclr.so`];
    const files = (plan: ReductionPlan) => plan.removed.filter((path) => tree.get(path)?.kind === 'file');
    const leftOut = [
      `${root}/sdk/8.0.1/MSBuild.dll`,
      `${root}/shared/Microsoft.NETCore.App/7.0.0/System.Xml.dll`,
      `${root}/shared/Microsoft.NETCore.App/8.0.1/libmscordbi.so`,
    ];
    expect(files(planCase(tree, { uses }))).toEqual(leftOut);
    const invariant = { Env: ['DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1'] };
    expect(files(planCase(tree, { uses, run: invariant }))).toEqual([
      '/usr/lib/x86_64-linux-gnu/libicuuc.so.72',
      ...leftOut,
    ]);
  });

  it('erlang: keep the runtime system and the applications that code calls without declaring them', () => {
    const root = '/usr/lib/erlang';
    const tree = memoryTree({
      [`${root}/erts-13.1/bin/beam.smp`]: x,
      [`${root}/erts-13.1/bin/epmd`]: x,
      [`${root}/releases/25/start_clean.boot`]: x,
      [`${root}/lib/ssl-10.9/ebin/ssl.beam`]: x,
      [`${root}/lib/ssl-10.9/src/ssl.erl`]: x,
      [`${root}/lib/wx-2.2/ebin/wx.beam`]: x,
    });
    const plan = planCase(tree, { uses: [[`${root}/erts-13.1/bin/beam.smp`, 'execute']] });
    expect(plan.removed.filter((path) => tree.get(path)?.kind === 'file')).toEqual([
      `${root}/lib/ssl-10.9/src/ssl.erl`,
      `${root}/lib/wx-2.2/ebin/wx.beam`,
    ]);
  });

  it('java: keep the home with the settings that it links to, wherever it lies', () => {
    const home = '/usr/lib/jvm/java-17';
    const tree = memoryTree({
      [`${home}/lib/server/libjvm.so`]: x,
      [`${home}/lib/libzip.so`]: x,
      [`${home}/conf/security/java.security`]: { symlink: '/etc/java-17/security/java.security' },
      [`${home}/jmods/java.base.jmod`]: x,
      [`${home}/lib/src.zip`]: x,
      '/etc/java-17/security/java.security': x,
      [`${home}/lib/security/cacerts`]: { symlink: '/etc/ssl/certs/java/cacerts' },
      [`${home}/bin/keytool`]: x,
      [`${home}/bin/javac`]: x,
      '/usr/bin/keytool': { symlink: '/etc/alternatives/keytool' },
      '/etc/alternatives/keytool': { symlink: `${home}/bin/keytool` },
      '/usr/bin/jcmd': { symlink: '/opt/elsewhere/jcmd' },
      '/etc/ssl/certs/java/cacerts': x,
    });
    const plan = planCase(tree, { uses: [[`${home}/lib/server/libjvm.so`, 'read']] });
    expect(plan.removed.filter((path) => tree.get(path)?.kind !== 'directory')).toEqual([
      '/usr/bin/jcmd',
      `${home}/bin/javac`,
      `${home}/jmods/java.base.jmod`,
      `${home}/lib/src.zip`,
    ]);
  });

  it('nginx: keep its working directories at every level, its configuration at `used`', () => {
    const tree = memoryTree({
      '/usr/sbin/nginx': x,
      '/etc/nginx/fastcgi_params': x,
      '/var/lib/nginx/body': { directory: true, uid: 33, mode: 0o700 },
      '/var/log/nginx': { directory: true },
    });
    const uses = [['/usr/sbin/nginx', 'execute']] as const;
    expect(planCase(tree, { uses, level: 'observed' }).removed).toEqual([
      '/etc/nginx',
      '/etc/nginx/fastcgi_params',
    ]);
    expect(planCase(tree, { uses }).removed).toEqual([]);
  });

  it('ruby: keep specifications and extensions, also of what was never required', () => {
    const tree = memoryTree({
      '/usr/bin/ruby3.1': x,
      '/usr/lib/ruby/3.1.0/csv.rb': x,
      '/usr/lib/x86_64-linux-gnu/ruby/3.1.0/enc/shift_jis.so': x,
      '/usr/lib/ruby/gems/3.1.0/specifications/default/csv.gemspec': x,
      '/usr/share/ri/3.1.0/system.ri': x,
    });
    expect(planCase(tree, { uses: [['/usr/bin/ruby3.1', 'execute']] }).removed).toEqual([
      '/usr/share/ri',
      '/usr/share/ri/3.1.0',
      '/usr/share/ri/3.1.0/system.ri',
    ]);
  });

  it('shell tools: come with a shell that is used, and alone with one', () => {
    const tree = memoryTree({ '/bin/sh': x, '/bin/uname': x, '/bin/[': x, '/srv/app.js': x });
    const starts = [{ kind: 'uses-shell', from: '/srv/app.js' as ImagePath }] as const;
    expect(planCase(tree, { facts: starts }).removed).toEqual([]);
    expect(planCase(tree, { uses: [['/bin/sh', 'execute']] }).removed).toEqual([]);
    expect(planCase(tree, { uses: ['/srv/app.js'] }).removed).toEqual(['/bin/[', '/bin/sh', '/bin/uname']);
  });
});

describe('families of libraries', () => {
  it('bring PAM’s modules along with a program that is only kept in reserve', () => {
    const tree = memoryTree({
      '/usr/bin/tool': x,
      '/usr/lib/tool/login.so': x,
      '/usr/lib/libpam.so.0': x,
      '/usr/lib/security/pam_unix.so': x,
      '/etc/pam.d/sudo': x,
    });
    const packages = [installed('deb', 'tool', ['/usr/bin/tool', '/usr/lib/tool/login.so'])];
    const facts = [linksTo('/usr/lib/tool/login.so', '/usr/lib/libpam.so.0')];
    expect(planCase(tree, { packages, facts, uses: [['/usr/bin/tool', 'execute']] }).removed).toEqual([]);
  });

  it('bring no module of PAM that links to Berkeley DB, unless settings name it', () => {
    const userDb = '/usr/lib/security/pam_userdb.so';
    const files = ['/usr/lib/libpam.so.0', userDb, '/etc/pam.d/sudo'];
    const tree = memoryTree(Object.fromEntries(files.map((path) => [path, x])));
    const uses = ['/usr/lib/libpam.so.0'];
    expect(planCase(tree, { uses }).removed).toContain(userDb);
    const of = '/etc/pam.d/sudo' as ImagePath;
    const reason: KeepReason = { kind: 'named-in-settings', of, name: 'pam_userdb.so' };
    const facts: Fact[] = [{ kind: 'needs', from: of, to: userDb as ImagePath, reason }];
    expect(planCase(tree, { uses, facts }).removed).not.toContain(userDb);
  });

  it('bring find and awk to a shell only where the library that they alone link to is kept anyway', () => {
    const megabyte = 1024 * 1024;
    const library = { content: { sizeBytes: megabyte, readRange: async () => new Uint8Array(0) } };
    const tree = memoryTree({ '/bin/sh': x, '/bin/ls': x, '/bin/find': x, '/lib/libm.so.6': library });
    const given = { facts: [linksTo('/bin/find', '/lib/libm.so.6')], uses: ['/bin/sh'] };
    expect(planCase(tree, given).removed).toEqual(['/bin/find', '/lib/libm.so.6']);
    expect(planCase(tree, { ...given, uses: ['/bin/sh', '/lib/libm.so.6'] }).removed).toEqual([]);
    const update = { content: '#!/bin/sh', mode: 0o755 };
    const files = { '/bin/sh': x, '/bin/find': x, '/lib/libm.so.6': library };
    const authorities = memoryTree({ ...files, '/usr/sbin/update-ca-certificates': update });
    expect(keptIn(planCase(authorities, given), '/bin/find')).toEqual(['/bin/find']);
  });

  it('bring the compressors that tar starts', () => {
    const tree = memoryTree({ '/bin/tar': x, '/bin/gzip': x });
    expect(planCase(tree, { uses: [['/bin/tar', 'execute']] }).removed).toEqual([]);
  });
});

describe('packages that no code names', () => {
  it('keeps the engine that renders a template by its extension', () => {
    const engine = installed('gem', 'haml', ['/var/lib/gems/3.1.0/gems/haml-1.0/lib/haml.rb']);
    const tree = memoryTree({ '/srv/views/late.haml': x, [engine.files[0] ?? '']: x });
    expect(planCase(tree, { packages: [engine] }).removed).toEqual([]);
  });

  it('follows the declarations of Debian between packages that bring a language’s packages, and no further', () => {
    const at = (name: string) => `/usr/lib/python3/dist-packages/${name}/__init__.py`;
    const packages = [
      installed('deb', 'python3-requests', [at('requests')], {
        dependsOn: ['deb:python3-urllib3', 'deb:heavy'],
      }),
      installed('deb', 'python3-urllib3', [at('urllib3')]),
      installed('deb', 'heavy', ['/usr/lib/heavy.so']),
    ];
    const tree = memoryTree({ [at('requests')]: x, [at('urllib3')]: x, '/usr/lib/heavy.so': x });
    expect(planCase(tree, { packages, uses: [at('requests')] }).removed).toEqual(['/usr/lib/heavy.so']);
  });

  it('keeps only the settings and data of a package whose settings were read', () => {
    const files = ['/etc/tool.conf', '/etc/tool.d/more.conf', '/usr/bin/tool', '/usr/share/tool/data'];
    const tree = memoryTree(Object.fromEntries(files.map((file) => [file, x])));
    const packages = [installed('deb', 'tool', files)];
    expect(planCase(tree, { packages, uses: ['/etc/tool.conf'] }).removed).toEqual(['/usr/bin/tool']);
    expect(planCase(tree, { packages, uses: ['/etc/tool.conf', '/usr/bin/tool'] }).removed).toEqual([]);
  });
});
