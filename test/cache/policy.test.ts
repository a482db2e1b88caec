import t from 'tap'
import { RESOURCE_NAMES, RESOURCES, resolvePolicies } from '../../src/cache/index.js'

t.test('without settings it is the table, and nothing is shared', async (t) => {
  const policies = resolvePolicies()
  t.same(Object.keys(policies), [...RESOURCE_NAMES])
  for (const name of RESOURCE_NAMES) {
    const { ttlMs, staleMs } = RESOURCES[name]
    const shipped = {
      ttlMs,
      staleMs,
      staleWhileRevalidateMs: 0,
      share: 'credential',
      isOperatorTtl: false,
    }
    t.same(policies[name], shipped, name)
  }
})

t.test('a setting takes the place of one field', async (t) => {
  const policies = resolvePolicies({ taskstatus: { share: 'account' }, task: { ttlMs: 1000 } })
  t.same(policies.taskstatus, { ...resolvePolicies().taskstatus, share: 'account' })
  t.equal(policies.task.ttlMs, 1000)
  t.equal(policies.task.staleMs, RESOURCES.task.staleMs)
})

t.test(
  'served while a refresh runs behind: only if set, and at most as long as stale',
  async (t) => {
    const behind = (given: object) => resolvePolicies({ task: given }).task.staleWhileRevalidateMs
    t.equal(behind({ staleMs: 7_000 }), 0)
    t.equal(behind({ staleMs: 7_000, staleWhileRevalidateMs: 5_000 }), 5_000)
    t.equal(behind({ staleMs: 7_000, staleWhileRevalidateMs: 9_000 }), 7_000)
    t.equal(behind({ staleWhileRevalidateMs: 0 }), 0)
  },
)

t.test('the busier, the shorter', async (t) => {
  const { taskstatus, client, milestone, task, me, timer, quota } = resolvePolicies()
  const order = [taskstatus, client, milestone, task, me].map(({ ttlMs }) => ttlMs)
  t.same(order, [3_600_000, 600_000, 300_000, 30_000, 10_000])
  t.equal(timer.ttlMs, 0)
  t.equal(quota.ttlMs, 0)
})

t.test('refuses a duration that is none', async (t) => {
  for (const value of [-1, Number.NaN, Infinity]) {
    t.throws(() => resolvePolicies({ task: { ttlMs: value } }), /task\.ttlMs/u, String(value))
    t.throws(() => resolvePolicies({ task: { staleMs: value } }), /task\.staleMs/u, String(value))
    const staleWhileRevalidateMs = value
    t.throws(() => resolvePolicies({ task: { staleWhileRevalidateMs } }), /task\.staleWhile/u)
  }
})
