import t from 'tap'
import { outdatedTargets, type HeaderList } from '../../../src/cache/index.js'

t.test('Location and Content-Location of the same origin (RFC 9111 §4.4)', async (t) => {
  const cases: readonly [string, string, readonly string[]][] = [
    ['a path', '/b?x=1', ['/b?x=1']],
    ['relative', 'b', ['/a/b']],
    ['with the upstream as its host', 'http://up.example/b', ['/b']],
    ['with the proxy as its host', 'https://proxy.example:8080/b', ['/b']],
    ['of another host', 'http://other.example/b', []],
    ['of another port', 'http://up.example:81/b', []],
    ['of another scheme', 'ftp://proxy.example:8080/b', []],
    ['no URI', 'http://[', []],
    ['a fragment does not count', '/b#c', ['/b']],
  ]
  for (const name of ['location', 'content-location']) {
    for (const [what, value, expected] of cases) {
      const headers: HeaderList = [[name, value]]
      const targets = outdatedTargets({
        target: '/a/1',
        headers,
        upstreamUrl: 'http://up.example/',
        host: 'proxy.example:8080',
      })
      t.strictSame(targets, ['/a/1', ...expected], `${name}: ${what}`)
    }
  }
})

t.test('a path in front of every path is taken off again', async (t) => {
  const targets = (location: string) =>
    outdatedTargets({
      target: '/a',
      headers: [['location', location]],
      upstreamUrl: 'http://up.example/base/',
      host: undefined,
    })
  t.strictSame(targets('/base/b'), ['/a', '/b'])
  t.strictSame(targets('b'), ['/a', '/b'])
  t.strictSame(targets('/elsewhere'), ['/a'])
})
