/** A token that Intervals refused does not read older entries, after a restart either. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openDisk } from '../../../src/cache/index.js'
import { buildTestProxy, startUpstream } from '../build.js'

t.test('entries stored before the refusal stay hidden after a restart', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'intervals-proxy-refused-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  let isRevoked = false
  const upstream = await startUpstream(t, (request, response) => {
    const status = isRevoked && request.headers.authorization !== undefined ? 401 : 200
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"code":200}')
  })
  const open = () =>
    openDisk({
      path: join(directory, 'cache.mdb'),
      origin: upstream.url,
      maxBytes: 10_000_000,
      maxEntryBytes: 1_000_000,
      onError: (error) => t.fail(String(error)),
    })
  const before = await buildTestProxy(t, { upstreamUrl: upstream.url, deps: { disk: open() } })
  t.equal((await before.ask('/client/')).status, 200)
  t.match((await before.ask('/client/')).headers['cache-status'], /; hit/)
  isRevoked = true
  t.equal((await before.ask('/project/')).status, 401)
  await before.app.close()

  const after = await buildTestProxy(t, { upstreamUrl: upstream.url, deps: { disk: open() } })
  t.equal((await after.ask('/client/')).status, 401, 'not what was stored before the refusal')
})
