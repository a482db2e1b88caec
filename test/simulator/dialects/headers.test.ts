import t from 'tap'
import { call, simulate } from '../call.js'

t.test('the headers of a PHP session', async (t) => {
  const simulator = await simulate(t, { phpSession: true })
  const { headers } = await call(simulator, 'task/')
  t.equal(headers.get('cache-control'), 'no-store, no-cache, must-revalidate')
  t.equal(headers.get('pragma'), 'no-cache')
  t.equal(headers.get('expires'), 'Thu, 19 Nov 1981 08:52:00 GMT')
  const cookie = headers.get('set-cookie') ?? ''
  t.match(cookie, /^PHPSESSID=[\da-f]{26}; path=\/$/)
  const next = await call(simulator, 'task/', { headers: { cookie: cookie.split(';')[0] ?? '' } })
  t.equal(next.headers.get('set-cookie'), null, 'the session goes on')
  t.match((await call(simulator, 'nope')).headers.get('pragma'), 'no-cache', 'errors, too')
})

t.test('Vary, alone and with gzip', async (t) => {
  const vary = async (options: { vary?: string; gzip?: boolean }): Promise<string | null> =>
    (await call(await simulate(t, options), 'group/')).headers.get('vary')
  t.equal(await vary({}), null)
  t.equal(await vary({ vary: 'User-Agent' }), 'User-Agent')
  t.equal(await vary({ gzip: true }), 'Accept-Encoding')
  t.equal(await vary({ gzip: true, vary: 'Origin' }), 'Accept-Encoding,Origin')
  t.equal(await vary({ gzip: true, vary: 'Accept-Encoding,Origin' }), 'Accept-Encoding,Origin')
})

t.test('JSON and XML with another Content-Type, or none; downloads keep theirs', async (t) => {
  for (const accept of ['application/json', 'application/xml']) {
    const html = await simulate(t, { contentType: 'text/html', contentTypeCharset: true })
    const answer = await call(html, 'group/', { headers: { accept } })
    t.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
    const none = await simulate(t, { contentType: 'absent' })
    t.equal((await call(none, 'group/', { headers: { accept } })).headers.get('content-type'), null)
    const download = await call(none, 'document/130001/download/')
    t.equal(download.headers.get('content-type'), 'image/png')
  }
})

t.test('errors may be sent with status 200: all, or those of the limits', async (t) => {
  const all = await simulate(t, { errorsAs200: 'all' })
  const { status, json, apiCode } = await call(all, 'task/1/')
  t.equal(status, 200)
  t.match(json, { status: 'Not Found', code: '404' })
  t.equal(apiCode, '14')
  t.equal(all.changes.length, 0)
  await call(all, 'task/1/', { method: 'PUT', body: {} })
  t.equal(all.changes.length, 0, 'a refused write is no change')

  const limits = await simulate(t, { errorsAs200: 'limits', minuteMax: 2 })
  t.equal((await call(limits, 'task/1/')).status, 404)
  await call(limits, 'task/')
  t.match(await call(limits, 'task/'), { status: 200, apiCode: '12' })
  t.match(limits.arrivals.at(-1), { status: 200, apiCode: 12 })
  const spent = await simulate(t, { errorsAs200: 'limits', dayMax: 0 })
  t.match(await call(spent, 'task/'), { status: 200, apiCode: '11' })
})

t.test('HEAD may be answered, without a body', async (t) => {
  const plain = await simulate(t)
  t.equal((await call(plain, 'group/', { method: 'HEAD' })).status, 400)
  const simulator = await simulate(t, { headRequests: 'answered' })
  const { status, text, headers } = await call(simulator, 'group/', { method: 'HEAD' })
  t.equal(status, 200)
  t.equal(text, '')
  t.equal(headers.get('content-length'), String((await call(simulator, 'group/')).text.length))
})
