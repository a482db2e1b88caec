import t, { type Test } from 'tap'
import { keepCurrent, MAX_PEM_BYTES } from '../../../../src/server/edge/tls/keep-current.js'
import type { TlsPair } from '../../../../src/config/tls-pair.js'
import { elsewhere, localhost } from './fixtures.js'

const files = { cert: '/c', key: '/k' }

/** Files from memory; the timer is out of the way, so that only check() looks. */
function setup(t: Test, pair: TlsPair) {
  const disk: { c: string | Error; k: string | Error } = { c: pair.cert, k: pair.key }
  const used: TlsPair[] = []
  const lines: string[] = []
  const kept = keepCurrent({
    files,
    pair,
    use: (next) => used.push(next),
    log: {
      info: (line) => lines.push(`info ${line}`),
      error: (line) => lines.push(`error ${line}`),
    },
    wallMs: () => Date.UTC(2030, 0),
    everyMs: 2 ** 30,
    read: async (path) => {
      const found = path === '/c' ? disk.c : disk.k
      if (found instanceof Error) throw found
      return found
    },
  })
  t.teardown(() => kept.close())
  const checkTimes = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) await kept.check()
  }
  return { disk, used, lines, kept, checkTimes }
}

t.test('what did not change is not loaded again', async (t) => {
  const { used, lines, checkTimes } = setup(t, localhost)
  await checkTimes(5)
  t.strictSame([used, lines], [[], []])
})

t.test('a new pair is used once both looks at it agree', async (t) => {
  const { disk, used, lines, checkTimes } = setup(t, localhost)
  Object.assign(disk, { c: elsewhere.cert, k: elsewhere.key })
  await checkTimes(1)
  t.equal(used.length, 0)
  await checkTimes(4)
  t.strictSame(used, [elsewhere])
  t.match(lines, [/^info the certificate was replaced; it is valid until 21\d\d-/])
})

t.test('between two files that are written in turn nothing is used and nothing said', async (t) => {
  const { disk, used, lines, checkTimes } = setup(t, localhost)
  disk.c = elsewhere.cert
  await checkTimes(1)
  disk.k = elsewhere.key
  await checkTimes(2)
  t.strictSame(used, [elsewhere])
  t.equal(lines.length, 1)
})

t.test('every broken pair keeps the old one, is told once, and is no end', async (t) => {
  const gone = Object.assign(new Error("ENOENT: no such file, open '/c'"), { code: 'ENOENT' })
  const broken: readonly (readonly [string, string | Error, string | Error, RegExp])[] = [
    ['not PEM', 'no', localhost.key, /server\.tls\.cert holds no certificate/],
    ['empty', '', '', /server\.tls\.cert holds no certificate/],
    ['cut off', localhost.cert.slice(0, 200), localhost.key, /holds no certificate/],
    ['no key', elsewhere.cert, 'no', /server\.tls\.key holds no private key/],
    ['key as cert', elsewhere.key, elsewhere.key, /server\.tls\.cert holds no certificate/],
    ['other key', elsewhere.cert, localhost.key, /is not the key of the certificate/],
    ['gone', gone, elsewhere.key, /ENOENT/],
  ]
  for (const [name, c, k, message] of broken) {
    const { disk, used, lines, checkTimes } = setup(t, localhost)
    Object.assign(disk, { c, k })
    await checkTimes(6)
    t.strictSame(used, [], name)
    t.equal(lines.length, 1, `${name} is told once`)
    t.match(lines[0], message, name)
    t.match(lines[0], /^error .*the old one stays.*\/c and \/k; no restart is needed/, name)
    t.notMatch(lines[0], /BEGIN.*\n/, 'nothing of the files')
    Object.assign(disk, { c: elsewhere.cert, k: elsewhere.key })
    await checkTimes(2)
    t.strictSame(used, [elsewhere], `${name} is over`)
  }
  t.comment(`${broken.length} broken pairs tried, ${broken.length} refused`)
})

t.test('back to what is in use, a second mistake is told again', async (t) => {
  const { disk, lines, checkTimes } = setup(t, localhost)
  for (let round = 0; round < 2; round++) {
    disk.c = 'no'
    await checkTimes(3)
    disk.c = localhost.cert
    await checkTimes(3)
  }
  t.equal(lines.length, 2)
})

t.test('one look at a time, and none after the end', async (t) => {
  let reads = 0
  const wait: (() => void)[] = []
  const used: TlsPair[] = []
  const kept = keepCurrent({
    files,
    pair: localhost,
    use: (next) => used.push(next),
    log: { info: () => {}, error: () => {} },
    wallMs: () => 0,
    everyMs: 2 ** 30,
    read: (path) => {
      reads++
      return new Promise((resolve) =>
        wait.push(() => resolve(path === '/c' ? elsewhere.cert : elsewhere.key)),
      )
    },
  })
  const release = (): void => wait.splice(0).forEach((go) => go())
  const looks = [kept.check(), kept.check(), kept.check()]
  t.equal(reads, 2)
  release()
  await Promise.all(looks)
  const last = kept.check()
  kept.close()
  release()
  await last
  t.strictSame(used, [])
})

t.test('a file of any length costs a bounded part of the memory', async (t) => {
  const dir = t.testdir({ c: Buffer.alloc(MAX_PEM_BYTES + 1, 'x'), k: localhost.key })
  const lines: string[] = []
  const kept = keepCurrent({
    files: { cert: `${dir}/c`, key: `${dir}/k` },
    pair: localhost,
    use: () => t.fail('used'),
    log: { info: () => {}, error: (line) => lines.push(line) },
    wallMs: () => 0,
    everyMs: 2 ** 30,
  })
  t.teardown(() => kept.close())
  await kept.check()
  await kept.check()
  t.match(lines, [/longer than a certificate can be/])
})
