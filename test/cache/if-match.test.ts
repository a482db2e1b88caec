import t from 'tap'
import { gzipEtag, strongEtag, translateIfMatch } from '../../src/cache/index.js'

const tagOf = (text: string) => strongEtag([], Buffer.from(text))
const NEW = tagOf('new')
const OLD = tagOf('old')
const tagged = { etag: NEW, upstreamEtag: '"v2"' }
const untagged = { etag: NEW }

t.test('our tag of the newest representation becomes the one of the upstream', async (t) => {
  for (const ours of [NEW, gzipEtag(NEW)]) {
    t.same(translateIfMatch(ours, [tagged]), { kind: 'forward', value: '"v2"' })
    t.same(translateIfMatch(` ${OLD} , ${ours}`, [tagged]), { kind: 'forward', value: '"v2"' })
  }
  const weak = { etag: NEW, upstreamEtag: 'W/"v2"' }
  t.same(translateIfMatch(NEW, [weak]), { kind: 'forward', value: 'W/"v2"' })
})

t.test('without a tag of the upstream the proxy evaluates the condition itself', async (t) => {
  for (const ours of [NEW, gzipEtag(NEW), `${OLD}, ${NEW}`]) {
    t.same(translateIfMatch(ours, [untagged]), { kind: 'remove' })
  }
})

t.test('our tag of anything else fails', async (t) => {
  for (const newest of [[], [tagged], [untagged]]) {
    t.same(translateIfMatch(OLD, newest), { kind: 'failed' })
    t.same(translateIfMatch(`${OLD}, ${gzipEtag(OLD)}`, newest), { kind: 'failed' })
  }
})

t.test('other tags came from the upstream and stay', async (t) => {
  for (const value of ['*', '"v1"', 'W/"v1"', '"v1", "v2"', '', 'v1', '"', NEW.slice(1, -1)]) {
    t.same(translateIfMatch(value, [tagged]), { kind: 'forward', value })
  }
  t.same(translateIfMatch(`"v1", ${NEW}`, [tagged]), { kind: 'forward', value: '"v1", "v2"' })
  t.same(translateIfMatch(`"v1", ${OLD}`, [tagged]), { kind: 'forward', value: '"v1"' })
})

t.test('each format of the target has its own representation', async (t) => {
  const xml = { etag: OLD, upstreamEtag: '"x2"' }
  t.same(translateIfMatch(OLD, [tagged, xml]), { kind: 'forward', value: '"x2"' })
})
