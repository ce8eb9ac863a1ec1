import assert from 'node:assert/strict';
import { type Check, defineFullTest, execCheck } from '../../../samples/full-test.ts';

const base = 'https://localhost:8443';
const curl = (
  title: string,
  argv: readonly string[],
  expected: Parameters<typeof execCheck>[2] = {},
): Check => execCheck(title, ['curl', '-sS', ...argv], expected);

const transfers = [
  curl('verifies against the system’s authorities', [`${base}/index.txt`], { text: 'hello' }),
  curl(
    'refuses an unknown authority',
    ['--capath', '/nonexistent', '--cacert', '/etc/hostname', `${base}/index.txt`],
    { exitCode: 77, stderr: /curl: \(77\)/ },
  ),
  curl(
    'refuses another name',
    ['--resolve', 'other.example:8443:127.0.0.1', 'https://other.example:8443/index.txt'],
    { exitCode: 60, stderr: /no alternative certificate subject name|SSL/ },
  ),
  curl(
    'looks authorities up by hash',
    ['--cacert', '/dev/null', '--capath', '/etc/ssl/certs', `${base}/index.txt`],
    { exitCode: 77 },
  ),
  execCheck(
    'verifies by the directory alone',
    [
      'openssl',
      's_client',
      '-connect',
      'localhost:8443',
      '-CApath',
      '/etc/ssl/certs',
      '-verify_return_error',
      '-brief',
    ],
    { input: 'Q', stderr: /Verification: OK/ },
  ),
  curl('speaks TLS 1.2', ['--tls-max', '1.2', `${base}/index.txt`], { text: 'hello' }),
  curl(
    'chooses ciphers',
    ['--tls-max', '1.2', '--ciphers', 'ECDHE-RSA-CHACHA20-POLY1305', `${base}/index.txt`],
    { text: 'hello' },
  ),
  curl('shows the handshake', ['-v', `${base}/index.txt`], {
    stderr: /SSL connection using TLSv1\.3[\s\S]*subject: CN=localhost/,
  }),
  curl(
    'writes variables',
    ['-o', '/dev/null', '-w', '%{http_code} %{ssl_verify_result} %{scheme}', `${base}/index.txt`],
    { text: '200 0 HTTPS' },
  ),
  curl('writes variables as JSON', ['-o', '/dev/null', '-w', '%{json}', `${base}/index.txt`], {
    match: /"ssl_verify_result":0/,
  }),
  curl('reads files', ['file:///srv/www/index.txt'], { text: 'hello' }),
  curl('says that a file is missing', [`${base}/none`], { match: /Error|none/i }),
  curl('fails on request', ['-f', 'https://localhost:9/'], {
    exitCode: 7,
    stderr: /Failed to connect|Couldn't connect/,
  }),
  curl('does not know a name', ['https://none.invalid/'], { exitCode: 6, stderr: /Could not resolve host/ }),
  curl('converts an international name', ['https://käse.invalid/'], {
    exitCode: 6,
    stderr: /Could not resolve host: (xn--kse-qla|käse)\.invalid/,
  }),
  curl('tries a proxy', ['-x', 'socks5h://127.0.0.1:9', `${base}/`], { exitCode: 7 }),
  curl('tries an ftp server', ['ftp://127.0.0.1:9/'], { exitCode: 7 }),
  curl('tries an ldap server', ['ldap://127.0.0.1:9/'], { exitCode: 7 }),
  curl('tries an ssh server', ['sftp://127.0.0.1:9/'], { exitCode: 7 }),
  curl('tries a mail server', ['imaps://127.0.0.1:9/'], { exitCode: 7 }),
  curl('globs addresses', [`file:///srv/www/{index,index}.txt`, '-o', '/tmp/#1.txt']),
  curl('reads a configuration', ['-K', '-'], { input: `url = "${base}/index.txt"\n`, text: 'hello' }),
  curl('keeps cookies', ['-c', '/tmp/jar', '-b', 'a=b', `${base}/index.txt`], { text: 'hello' }),
  curl('reads a netrc', ['--netrc-file', '/dev/stdin', `${base}/index.txt`], {
    input: 'machine localhost login a password b\n',
    text: 'hello',
  }),
  curl('makes requests at once', ['-Z', `${base}/index.txt`, 'file:///srv/www/index.txt'], {
    match: /hello\nhello/,
  }),
  execCheck('tells what it can', ['curl', '--version'], {
    match: /Protocols: .*ldap.*\nFeatures: .*HTTP2 .*IDN .*PSL.* zstd/,
  }),
  execCheck('has its manual', ['curl', '--manual'], { match: /curl - transfer a URL/ }),
];

const openssl = [
  execCheck('digests', ['openssl', 'dgst', '-sha3-256'], { input: 'pare', match: /[0-9a-f]{64}/ }),
  execCheck(
    'loads the legacy provider',
    ['openssl', 'dgst', '-provider', 'legacy', '-provider', 'default', '-md4'],
    { input: 'pare', match: /[0-9a-f]{32}/ },
  ),
  execCheck(
    'reads its settings',
    ['openssl', 'req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=a', '-keyout', '/tmp/key.pem'],
    { match: /BEGIN CERTIFICATE REQUEST/ },
  ),
  execCheck('makes curves', ['openssl', 'genpkey', '-algorithm', 'X25519'], { match: /BEGIN PRIVATE KEY/ }),
  execCheck('encrypts', ['openssl', 'enc', '-aes-256-cbc', '-pbkdf2', '-k', 'secret', '-a'], {
    input: 'pare',
    match: /^U2FsdGVk/,
  }),
  execCheck('verifies a chain', ['openssl', 'verify', '/srv/cert.pem'], { match: /OK/ }),
  execCheck('rebuilds the authorities', ['update-ca-certificates', '--fresh'], {
    user: 'root',
    match: /1\d\d added/,
  }),
  curl('verifies after that', [`${base}/index.txt`], { text: 'hello' }),
];

export const functional = defineFullTest({
  name: 'curl',
  ports: [],
  isReady: async ({ exec }) => (await exec(['curl', '-sf', `${base}/index.txt`])).exitCode === 0,
  checks: [
    ...transfers,
    ...openssl,
    {
      title: 'runs with a read-only root and as anybody',
      async run({ runOnce }) {
        const result = await runOnce(
          ['curl', '-sS', 'file:///srv/www/index.txt'],
          ['--read-only', '--user', '12345'],
        );
        assert.equal(result.stdout.trim(), 'hello', result.stderr);
      },
    },
  ],
});
