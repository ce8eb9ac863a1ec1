import { answersOk, type Check, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';
import { echoCheck, sessionCheck, uploadCheck } from '../checks.ts';

const tool = (title: string, path: string, text: string | RegExp): Check =>
  httpCheck(title, `/orders/orders/${path}`, typeof text === 'string' ? { text } : { match: text });

export const functional = defineFullTest({
  name: 'tomcat',
  ports: [8080],
  isReady: answersOk('/orders/health.txt'),
  checks: [
    httpCheck('compiles and renders a JSP with a tag file', '/orders/orders/?name=x', {
      match: /<title>Orders<\/title><li>BREAD<\/li>[\s\S]*x 4/,
      answerHeaders: { 'x-filtered': /yes/ },
    }),
    httpCheck('answers 404 with a JSP', '/orders/none', { status: 404, match: /Nothing at \/orders\/none/ }),
    httpCheck('answers a failure with a JSP', '/orders/orders/fail', {
      status: 500,
      match: /Sorry: broken on purpose/,
    }),
    httpCheck("answers with tomcat's own page", '/orders/orders/gone', {
      status: 410,
      match: /HTTP Status 410/,
    }),
    httpCheck('answers 404 outside of every application', '/none', { status: 404 }),
    uploadCheck('/orders/orders/', new File(['1234'], 'a.txt'), {}, /^a.txt 4$/),
    echoCheck('/orders/echo', /^echo hello$/),
    sessionCheck('/orders/orders/visits', /^2$/),
    httpCheck('greets in German', '/orders/orders/greeting', {
      headers: { 'accept-language': 'de' },
      text: '2 Bestellungen',
    }),
    httpCheck('greets in Japanese', '/orders/orders/greeting', {
      headers: { 'accept-language': 'ja' },
      text: '注文2件',
    }),
    httpCheck('greets others in English', '/orders/orders/greeting', {
      headers: { 'accept-language': 'en' },
      text: '2 orders',
    }),
    tool('tells the time in Tokyo', 'zone?name=Asia/Tokyo', '2024-07-01T21:00+09:00[Asia/Tokyo]'),
    tool('formats money in German', 'money?locale=de-DE', /^1\.234,50\s€$/),
    tool('formats money in Hindi', 'money?locale=hi-IN', /1,234\.50|१,२३४/),
    tool('formats a day in French', 'day?locale=fr', '1 juillet 2024'),
    tool('encodes Shift_JIS', 'encode?name=Shift_JIS', '93fa967b'),
    tool('encodes EUC-KR', 'encode?name=EUC-KR', 'eceddce2'),
    tool('encodes GB18030', 'encode?name=GB18030', 'c8d5b1be'),
    tool('digests and makes keys', 'digest', /^[0-9a-f]{8} EC$/),
    tool('packs', 'zip', 'packed'),
    tool('transforms XML', 'xml', '[x]'),
    tool('asks itself', 'fetch', 'fine'),
    tool('has the certificate authorities', 'authorities', 'many'),
    tool('can TLS 1.3', 'tls', /TLSv1\.3/),
    tool('writes and reads a picture', 'picture', '2'),
    tool('manages itself', 'beans', '1'),
    tool('runs a program', 'child', '12'),
    httpCheck('says that a tool is missing', '/orders/orders/none', { status: 404 }),
    httpCheck('asks for a password', '/orders/admin/', {
      status: 401,
      answerHeaders: { 'www-authenticate': /Basic/ },
    }),
    httpCheck('serves a static file', '/orders/static/orders.css', {
      answerHeaders: { 'content-type': /text\/css/ },
    }),
    httpCheck('serves a part of a file', '/orders/health.txt', {
      headers: { range: 'bytes=0-1' },
      status: 206,
      text: 'fi',
    }),
    execCheck('tells its version', ['/usr/share/tomcat10/bin/version.sh'], { match: /Apache Tomcat\/10\.1/ }),
    execCheck('checks its configuration', ['/usr/share/tomcat10/bin/catalina.sh', 'configtest'], {
      stderr: /initialization|Server/i,
    }),
  ],
});
