import t from 'tap'
import { buildGateway, consumer, SECRETS, withKey } from '../server/authentication/setup.js'
import { entriesOf, postWithKey, timeEntry, writesOf } from './setup.js'

const writing = { write: 'all' }
const TWO = { ...consumer('one', writing), ...consumer('two', writing) }

t.test('two consumers behind one credential never get each other’s answers', async (t) => {
  const proxy = await buildGateway(t, { settings: { consumers: TWO } })
  const post = postWithKey('same', timeEntry('each'))
  const first = await proxy.ask('/time/', withKey('one', post))
  const other = await proxy.ask('/time/', withKey('two', post))
  t.strictSame([first.status, other.status], [201, 201])
  t.equal(other.headers['idempotent-replayed'], undefined)
  t.not(first.text, other.text)
  const body = timeEntry('another')
  t.equal((await proxy.ask('/time/', withKey('one', postWithKey('same', body)))).status, 422)
  t.equal((await proxy.ask('/time/', withKey('one', post))).text, first.text)
  t.equal((await proxy.ask('/time/', withKey('two', post))).text, other.text)
  t.equal(await entriesOf(proxy.direct, 'each'), 2)
})

t.test('a new credential makes no new request of a repeat', async (t) => {
  const proxy = await buildGateway(t, { settings: { consumers: TWO } })
  const post = withKey('one', postWithKey('k', timeEntry('kept')))
  const first = await proxy.ask('/time/', post)
  const secrets = { ...SECRETS, AGENCY: 'agencyadm02' }
  proxy.reload({ secrets, consumers: TWO })
  const repeat = await proxy.ask('/time/', post)
  t.equal(repeat.headers['idempotent-replayed'], 'true')
  t.equal(repeat.text, first.text)
  t.equal(writesOf(proxy), 1)
})

t.test('who may not write any more gets no answer of the time when it could', async (t) => {
  const proxy = await buildGateway(t, { settings: { consumers: TWO } })
  const post = withKey('one', postWithKey('k', timeEntry('before')))
  t.equal((await proxy.ask('/time/', post)).status, 201)
  const readers = { ...consumer('one'), ...consumer('two') }
  proxy.reload({ secrets: SECRETS, consumers: readers })
  t.equal((await proxy.ask('/time/', post)).status, 403)
})
