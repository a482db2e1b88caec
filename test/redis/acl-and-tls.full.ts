/** What store.redis may say: a user with few rights, and TLS. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import { startProxy } from '../crash/proxy-process.js'
import { ask } from '../server/client.js'
import { startSimulator } from '../../src/simulator/index.js'
import { startCluster, startSentinels, until } from './redis-groups.js'
import { freePort, startRedis, withoutRedis } from './redis-process.js'
import { inProject } from '../project.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }
const JSON_TYPE = { 'content-type': 'application/json' }
const WITH_KEY = { ...JSON_TYPE, 'idempotency-key': '"once"' }
const RIGHTS = '+@all -@dangerous -@admin +info ~intervals-proxy:* &intervals-proxy:*'.split(' ')

/** A miss, a hit, a write and a purge. */
async function goesThrough(t: Test, env: Record<string, string>): Promise<void> {
  const sim = await startSimulator({ minuteMax: 100_000, dayMax: 100_000 })
  const dataDir = mkdtempSync(join(tmpdir(), 'redis-url-'))
  const proxy = await startProxy({
    upstream: sim.url,
    dataDir,
    env: {
      INTERVALS_PROXY_NEW_DISK: 'trust',
      INTERVALS_PROXY_DAY_MAX: '6000',
      INTERVALS_PROXY_LOG_LEVEL: 'error',
      INTERVALS_PROXY_MAX_EVENT_LOOP_DELAY: '0s',
      ...env,
    },
  })
  t.teardown(async () => {
    await proxy.kill('SIGKILL')
    await sim.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const port = Number(new URL(proxy.url).port)
  t.equal((await ask(port, '/client/100001/')).status, 200)
  await until(async () => {
    const { headers } = await ask(port, '/client/100001/')
    return /; hit/u.test(String(headers['cache-status']))
  }, 'a hit')
  const put = { method: 'PUT', body: JSON.stringify({ name: 'New' }), headers: WITH_KEY }
  t.equal((await ask(port, '/client/100001/', put)).status, 202)
  t.match((await ask(port, '/client/100001/')).text, 'New')
  const purge = { method: 'POST', body: '{}', headers: JSON_TYPE }
  t.match(JSON.parse((await ask(port, '/-/purge', purge)).text), { purged: 1 })
  t.equal((await ask(port, '/-/readyz')).status, 200)
}

t.test('a user with the rights that docs/replicas.md names', SKIP, async (t) => {
  const redis = await startRedis(t)
  await redis.command('ACL', 'SETUSER', 'proxy', 'on', '>pass word', ...RIGHTS)
  await redis.command('ACL', 'SETUSER', 'default', 'off')
  await goesThrough(t, {
    INTERVALS_PROXY_REDIS_URL: `redis://proxy:pass%20word@127.0.0.1:${redis.port}/`,
  })
})

t.test('that user at a master, and a password of the sentinels', SKIP, async (t) => {
  const redis = await startSentinels(t, { login: 'proxy:pass%20word@', password: 'look' })
  for (const { command } of [redis.master, redis.copy]) {
    await command('ACL', 'SETUSER', 'proxy', 'on', '>pass word', ...RIGHTS)
  }
  await goesThrough(t, { INTERVALS_PROXY_REDIS_URL: redis.url })
})

t.test('that user in a cluster', SKIP, async (t) => {
  const redis = await startCluster(t, { login: 'proxy:pass%20word@' })
  for (const { command } of redis.servers) {
    await command('ACL', 'SETUSER', 'proxy', 'on', '>pass word', ...RIGHTS)
  }
  await goesThrough(t, { INTERVALS_PROXY_REDIS_URL: redis.url })
})

t.test('TLS, with a certificate of an authority of one’s own', SKIP, async (t) => {
  const fixture = (name: string): string => fileURLToPath(inProject(`test/fixtures/tls/${name}`))
  const tlsPort = await freePort()
  const files = ['--tls-cert-file', fixture('localhost-cert.pem')]
  files.push('--tls-key-file', fixture('localhost-key.pem'))
  files.push('--tls-ca-cert-file', fixture('localhost-cert.pem'), '--tls-auth-clients', 'no')
  await startRedis(t, ['--tls-port', `${tlsPort}`, ...files])
  await goesThrough(t, {
    INTERVALS_PROXY_REDIS_URL: `rediss://localhost:${tlsPort}/0`,
    NODE_EXTRA_CA_CERTS: fixture('localhost-cert.pem'),
  })
})
