/** The upstream counts as unreachable after a failed connection, or after several calls without a response. */
import t from 'tap'
import { createReachability } from '../../src/observability/reachability.js'
import { NotSentError, UpstreamTimeoutError } from '../../src/upstream/index.js'

const withCode = (code: string): Error => Object.assign(new Error(code), { code })
const refused = new NotSentError(withCode('ECONNREFUSED'))
const timedOut = new UpstreamTimeoutError('no response')

function make() {
  let nowMs = 0
  const reachability = createReachability(() => (nowMs += 1_000))
  return reachability
}

t.test('one failed connection is enough, whatever went wrong with it', async (t) => {
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT', 'ECONNRESET']) {
    const reachability = make()
    reachability.failed(new NotSentError(withCode(code)))
    t.match(reachability.unreachable(), { sinceMs: 1_000 }, code)
  }
  const untrusted = make()
  untrusted.failed(withCode('DEPTH_ZERO_SELF_SIGNED_CERT'))
  t.match(untrusted.unreachable(), { message: /certificate/ })
})

t.test(
  'a single call without a response is not; three in a row are, since the first',
  async (t) => {
    const reachability = make()
    reachability.failed(timedOut)
    reachability.failed(withCode('ECONNRESET'))
    t.equal(reachability.unreachable(), undefined)
    reachability.failed(timedOut)
    t.match(reachability.unreachable(), { sinceMs: 1_000 })
  },
)

t.test('a response ends it, and the count begins again', async (t) => {
  const reachability = make()
  reachability.failed(refused)
  reachability.answered()
  t.equal(reachability.unreachable(), undefined)
  reachability.failed(timedOut)
  reachability.failed(timedOut)
  reachability.answered()
  reachability.failed(timedOut)
  t.equal(reachability.unreachable(), undefined)
})

t.test('a call that its client cancelled says nothing about the upstream', async (t) => {
  const reachability = make()
  for (let n = 0; n < 5; n++) reachability.failed(withCode('UND_ERR_ABORTED'))
  t.equal(reachability.unreachable(), undefined)
})
