/** What is forwarded is what was keyed; a target that two readers could take for two paths is a 400. */
import t from 'tap'
import { buildTestProxy } from '../build.js'
import { bytesOf, open } from './raw-client.js'
import { startRawUpstream, valuesOf } from './raw-upstream.js'

const CLOSE = ['connection: close']

const REFUSED: readonly string[] = [
  // RFC 9112 §3.2.2: absolute-form. Whose host it would be is not for the consumer to say.
  'http://other.example/client/',
  'http://proxy.example/client/',
  'HTTP://other.example/client/',
  'https://other.example/client/',
  'http://user:secret@other.example/client/',
  'http:/client/',
  'http:client',
  'http://other.example',
  'http://other.example:99999/client/',
  'ftp://other.example/client/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  // authority-form and asterisk-form belong to CONNECT and OPTIONS.
  'other.example:80',
  'other.example',
  '*',
  '?limit=1',
  '.',
  '..',
  '\\client',
  // Empty and dot segments, plain and escaped.
  '/client//',
  '/client//1',
  '//client//1',
  // Leading slashes are collapsed, but never to the proxy's own pages.
  '//-/status',
  '///-/status',
  '//-',
  '/./client/',
  '/client/.',
  '/client/./1',
  '/client/..',
  '/client/../person/',
  '/../client/',
  '/client/%2e',
  '/client/%2E%2E/person/',
  '/client/%2e./person/',
  '/client/.%2e/person/',
  '/client/%2e%2e%2fperson/',
  '/client/..%2fperson/',
  '/client/..%5cperson/',
  '/client/..;/person/',
  '/client/.;x/person/',
  '/client/%2e%2e;x=1/person/',
  // Escaped separators, and the other slash.
  '/client%2f1',
  '/client%2F1',
  '/client%5c1',
  '/client%5C1',
  '/client\\1',
  '/client\\..\\person',
  '/client/\\/1',
  // Nothing, and what is no text.
  '/client/%00',
  '/client/1%00.css',
  '/client/?search=%00',
  '/client/%0a',
  '/client/%0d%0aX-Injected:%201',
  '/client/%1f',
  '/client/%7f',
  // Escapes that are none.
  '/client/%',
  '/client/%4',
  '/client/%zz',
  '/client/%%31',
  '/client/%u0031',
  '/client/%-1',
  // Bytes that are no UTF-8, and overlong ones for "." and "/".
  '/client/%c0%ae%c0%ae/person/',
  '/client/%c0%af',
  '/client/%ff',
  '/client/%e0%80%af',
  '/client/\u00ff',
  // Fragments are not sent.
  '/client/#top',
  '/client/?limit=1#top',
  // Another method than that of the request line.
  '/client/1/?_method=DELETE',
  '/client/1/?limit=1&_method=DELETE',
  '/client/1/?limit=1;_method=DELETE',
  '/client/1/?%5fmethod=DELETE',
  '/client/1/?_%6dethod=DELETE',
  '/client/1/?_METHOD=DELETE',
  '/client/1/?_method',
  // As PHP reads them.
  '/client/1/?+_method=DELETE',
  '/client/1/?%20_method=DELETE',
  '/client/1/?.method=DELETE',
  '/client/1/?_method[]=DELETE',
  '/client/1/?_method%5B%5D=DELETE',
]

t.test('targets that can be read in two ways cost no call', async (t) => {
  const upstream = await startRawUpstream(t)
  const { port, ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  let tried = 0
  for (const target of REFUSED) {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const connection = await open(port, bytesOf(`${method} ${target} HTTP/1.1`, CLOSE))
      await connection.untilClosed()
      t.strictSame(connection.statuses(), [400], `${method} ${target}`)
      tried++
    }
  }
  await ask('/timer/?mark')
  const reached = upstream.requests.slice(0, -1)
  t.strictSame(reached, [])
  t.comment(`${tried} hostile targets, ${tried} refused, ${reached.length} reached the upstream`)
})

/** Odd, but every reader reads the same: forwarded as they are. Not kept, unless the resource is plain. */
const AS_THEY_ARE: readonly (readonly [target: string, isKept: boolean])[] = [
  ['/client/x.css', false],
  ['/client/1.css', false],
  ['/client/1;.js', false],
  ['/client/1;x.css', false],
  ['/client/1/.css', false],
  ['/client/1/x.js', false],
  ['/client/;x.css', false],
  ['/client;x.css', false],
  ['/client.css', false],
  ['/client/1%2ecss', false],
  ['/client/1%3b.css', false],
  ['/client/1%3f.css', false],
  ['/client/1%23.css', false],
  ['/client/1%0x.css'.replace('%0x', '%20'), false],
  ['/static/..client/1', false],
  ['/me.js', false],
  ['/me/x.css', false],
  ['/me;.css', false],
  ['/CLIENT/', false],
  ['/Client/1', false],
  ['/%63lient/', false],
  ['/client/%31', false],
  ['/client/01', true],
  ['/client/', true],
  ['/client', true],
  ['/client/1', true],
  ['/client/1/', true],
  ['/client/?x=/../y', true],
  ['/client/?x=//z', true],
  ['/client/?x=%2f%5c', true],
  ['/client/?next=http://other.example/', true],
  ['/client/?x=50%', true],
  ['/client/?', true],
  ['/client/??', true],
  ['/client/?a=1&&b=2', true],
  ['/client/?x.css', true],
  ['/client/1/?x.css', true],
]

t.test('odd targets go on byte for byte, and only what is a resource is kept', async (t) => {
  for (const [target, isKept] of AS_THEY_ARE) {
    const upstream = await startRawUpstream(t)
    const { port } = await buildTestProxy(t, { upstreamUrl: upstream.url })
    for (let turn = 0; turn < 2; turn++) {
      const connection = await open(port, bytesOf(`GET ${target} HTTP/1.1`, CLOSE))
      await connection.untilClosed()
      t.strictSame(connection.statuses(), [200], target)
    }
    t.strictSame(
      upstream.requests.map((request) => request.target),
      isKept ? [target] : [target, target],
      target,
    )
    const [host] = valuesOf(upstream.requests[0]?.headers ?? [], 'host')
    t.equal(host, new URL(upstream.url).host, 'the host is ours to say')
  }
  t.comment(`${AS_THEY_ARE.length} odd targets, each arrived as it was sent`)
})

t.test('leading slashes mean one: one entry, forwarded so, and never a host', async (t) => {
  const upstream = await startRawUpstream(t)
  const { port } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const targets = ['/client/', '//client/', '///client', '//client/?', '/client?', '/client/?']
  for (const target of targets) {
    const connection = await open(port, bytesOf(`GET ${target} HTTP/1.1`, CLOSE))
    await connection.untilClosed()
    t.strictSame(connection.statuses(), [200], target)
    t.notMatch(connection.received(), /^location:/im, target)
  }
  t.strictSame(
    upstream.requests.map((request) => request.target),
    ['/client/'],
  )
  const write = await open(
    port,
    bytesOf('POST //client/ HTTP/1.1', [...CLOSE, 'content-length: 0']),
  )
  await write.untilClosed()
  const again = await open(port, bytesOf('GET //client/?x HTTP/1.1', CLOSE))
  await again.untilClosed()
  const other = await open(port, bytesOf('GET //other.example/client HTTP/1.1', CLOSE))
  await other.untilClosed()
  t.strictSame(
    upstream.requests.slice(1).map(({ method, target }) => `${method} ${target}`),
    ['POST /client/', 'GET /client/?x', 'GET /other.example/client'],
  )
})
