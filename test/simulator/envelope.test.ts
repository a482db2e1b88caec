import t from 'tap'
import { basic, call, simulate } from './call.js'

const json = { headers: { accept: 'application/json' } }
const xml = { headers: { accept: 'application/xml' } }

t.test('a JSON list has the envelope, the count and text as PHP writes it', async (t) => {
  const simulator = await simulate(t)
  const { text, status, headers } = await call(simulator, 'client?limit=1')
  t.equal(status, 200)
  t.equal(headers.get('content-type'), 'application/json')
  t.match(
    text,
    /^\{"personid":"260001","status":"OK","code":"200","listcount":40,"client":\[\{"id":"/,
  )
  t.match(text, '"website":"https:\\/\\/client-1.example\\/"', 'slashes are escaped')
  t.match(text, '\\r\\n', 'line breaks are CR LF')
  t.match(text, '&quot;', 'text is entity-encoded')
  t.match(text, '"localidunpadded":"1","localid":"00001"')
})

t.test('named and unnamed characters outside of ASCII stay ASCII', async (t) => {
  const simulator = await simulate(t)
  simulator.edit('agency', 'client', '100001', { name: `Łódź & "Café" 'é' <b>` })
  const { text } = await call(simulator, 'client/100001/')
  t.match(
    text,
    '"name":"\\u0141&oacute;d\\u017a &amp; &quot;Caf&eacute;&quot; &#039;&eacute;&#039; &lt;b&gt;"',
  )
})

t.test('a member has no count, and nulls are JSON nulls', async (t) => {
  const simulator = await simulate(t)
  const { json } = await call(simulator, 'person/260001')
  t.same(Object.keys(json), ['personid', 'status', 'code', 'person'])
  t.match(json['person'], { id: '260001', clientid: null, active: 't' })
})

t.test('numbers of the envelope may be numbers', async (t) => {
  const simulator = await simulate(t, { looseNumbers: 'number', quotaStyle: 'business_day' })
  t.match((await call(simulator, 'client')).text, /^\{"personid":260001,"status":"OK","code":200,/)
  const { text } = await call(simulator, 'quota/')
  t.match(text, /"quota":\{"quota":100000,"used":1,"business_day":"[-\d]+ [:\d]+","exceeded":"f"\}/)
})

t.test('XML has the same content under intervals', async (t) => {
  const simulator = await simulate(t)
  const list = await call(simulator, 'client?limit=2', xml)
  t.equal(list.headers.get('content-type'), 'application/xml')
  t.match(list.text, '<intervals><personid>260001</personid><status>OK</status><code>200</code>')
  t.match(list.text, '<listcount>40</listcount><client><item><id>100001</id><name>')
  t.match(list.text, '&amp;quot;', 'encoded text is encoded for XML, too')
  const member = await call(simulator, 'person/260001/', xml)
  t.match(member.text, '<person><id>260001</id>')
  t.match(member.text, '<clientid/>')
  const error = await call(simulator, 'nope', xml)
  t.match(error.text, '<code>400</code><error><code>13</code><message>')
})

t.test('XML may carry the envelope as attributes', async (t) => {
  const simulator = await simulate(t, { xmlEnvelope: 'attributes' })
  const { text } = await call(simulator, 'group', xml)
  t.match(text, '<intervals personid="260001" status="OK" code="200" listcount="4"><group><item>')
})

t.test('Accept alone decides about the format', async (t) => {
  const simulator = await simulate(t)
  const formatOf = async (accept: string | undefined): Promise<string | null> => {
    const { request } = await import('node:http')
    return new Promise((resolve, reject) => {
      const headers = { authorization: basic('agencyadm01'), 'content-type': 'application/json' }
      const sent = request(new URL('group', simulator.url), {
        headers: accept === undefined ? headers : { ...headers, accept },
        agent: false,
      })
      sent.on('response', (response) => {
        response.resume()
        resolve(response.headers['content-type'] ?? null)
      })
      sent.on('error', reject).end()
    })
  }
  t.equal(await formatOf(undefined), 'application/xml', 'absent')
  t.equal(await formatOf('*/*'), 'application/json')
  t.equal(await formatOf('application/json, text/plain, */*'), 'application/json')
  t.equal(await formatOf('application/xml, application/json'), 'application/xml')
  t.equal(await formatOf('application/xml;q=0.5, application/json'), 'application/json')
  t.equal(await formatOf('image/*'), 'application/json', 'unknown')
})

t.test('the code of an error is where the variant puts it', async (t) => {
  const at = async (apiCodeAt: 'error.code' | 'error.number' | 'message'): Promise<unknown> => {
    const simulator = await simulate(t, { apiCodeAt })
    return (await call(simulator, 'nope', json)).json['error']
  }
  t.match(await at('error.code'), { code: '13', verbose: { value: 'nope' } })
  t.match(await at('error.number'), { number: '13' })
  t.match(await at('message'), { message: /\(error code 13\)/ })
})

t.test('transport variants: gzip, cache control, cookies, charset, redirects', async (t) => {
  const simulator = await simulate(t, {
    gzip: true,
    cacheControl: 'no-store',
    extraHeaders: { 'set-cookie': 'a=b' },
    contentTypeCharset: true,
    trailingSlashRedirect: true,
  })
  const { headers, rows } = await call(simulator, 'group/')
  t.equal(rows.length, 4)
  t.equal(headers.get('content-encoding'), 'gzip')
  t.equal(headers.get('cache-control'), 'no-store')
  t.equal(headers.get('set-cookie'), 'a=b')
  t.equal(headers.get('content-type'), 'application/json; charset=utf-8')
  const moved = await call(simulator, 'task?limit=1')
  t.equal(moved.status, 301)
  t.equal(moved.headers.get('location'), '/task/?limit=1')
})

t.test('a download is binary and the same each time', async (t) => {
  const simulator = await simulate(t)
  const bytes = async (): Promise<Buffer> => {
    const response = await fetch(new URL('document/130001/download/', simulator.url), {
      headers: { authorization: basic('agencyadm01') },
    })
    t.equal(response.headers.get('content-type'), 'image/png')
    return Buffer.from(await response.arrayBuffer())
  }
  const first = await bytes()
  t.ok(first.length > 100 && first.subarray(1, 4).toString() === 'PNG')
  t.ok(first.equals(await bytes()))
})
