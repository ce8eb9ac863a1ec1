import {
  answersOk,
  assertCommand,
  type Check,
  defineFullTest,
  execCheck,
  httpCheck,
} from '../../../samples/full-test.ts';

const tool = (title: string, path: string, json: unknown): Check =>
  httpCheck(title, `/tools/${path}`, { json });

export const functional = defineFullTest({
  name: 'go-static',
  ports: [8080],
  isReady: answersOk('/health'),
  checks: [
    httpCheck('renders a template', '/', { match: /<title>Links<\/title><ul><li>one/ }),
    httpCheck('renders the page of a missing address', '/none', { status: 404, match: /Nothing at \/none/ }),
    httpCheck('serves a static file', '/static/links.css', {
      answerHeaders: { 'content-type': /text\/css/ },
    }),
    httpCheck('lists a directory', '/static/', { match: /links\.webmanifest/ }),
    tool('tells the time in Tokyo', 'zone?name=Asia/Tokyo', '2024-07-01T21:00:00+09:00'),
    tool('tells the time by an old name', 'zone?name=GB', '2024-07-01T13:00:00+01:00'),
    httpCheck('fails for an unknown zone', '/tools/zone?name=Nowhere', {
      status: 500,
      match: /unknown time zone/,
    }),
    tool('knows a type of the system list', 'type?name=.odt', 'application/vnd.oasis.opendocument.text'),
    tool('has the certificate authorities', 'authorities', true),
    tool('distrusts others', 'distrust', true),
    httpCheck('looks up a host', '/tools/host', { match: /127\.0\.0\.1/ }),
    tool('looks up a user', 'user', 'www-data'),
    tool('looks up a service of the system list', 'service?name=ipp', 631),
    tool('makes a temporary directory', 'temporary', '/tmp'),
    execCheck('tells its version', ['links', 'version'], { text: 'links 1.0' }),
    execCheck('prints a file that is inside of it', ['links', 'word', 'word'], { text: 'a word' }),
    execCheck('fails for one that is not', ['links', 'word', 'none'], {
      exitCode: 3,
      stderr: /file does not exist/,
    }),
    {
      title: 'takes another command when it is started',
      async run({ runOnce }) {
        assertCommand(await runOnce(['version']), { text: 'links 1.0' });
      },
    },
  ],
});
