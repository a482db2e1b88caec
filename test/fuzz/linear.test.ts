// Runs alone: it measures processor time.
// Parsers of what others send, with 64 KiB of whatever makes a bad pattern look again and again. What
// grows with the square of the length takes seconds there. CPU time counts, so a busy machine does not.

import t from 'tap'
import { ambiguityOf, overridesMethod } from '../../src/server/edge/ambiguity.js'
import { parseCacheControl, requestDirectives } from '../../src/cache/rules/cache-control.js'
import { acceptsGzip } from '../../src/cache/stores/compression.js'
import { matchesIfNoneMatch } from '../../src/cache/rules/conditional.js'
import { contentTypeFits, formatOf } from '../../src/cache/rules/format.js'
import { translateIfMatch } from '../../src/cache/rules/if-match.js'
import { storableHeaders } from '../../src/cache/rules/header-list.js'
import { isKnownToClient } from '../../src/cache/rfc9111/conditional.js'
import { cachePolicy } from '../../src/cache/rfc9111/directives.js'
import { parseHttpDate } from '../../src/http/http-date.js'
import { outdatedTargets } from '../../src/cache/rfc9111/invalidation.js'
import { partOf } from '../../src/cache/rfc9111/range.js'
import { isSelected } from '../../src/cache/rfc9111/selection.js'
import { uriOf } from '../../src/cache/rfc9111/target-key.js'
import { isSelectedBy, selectingOf } from '../../src/cache/rfc9111/vary.js'
import { basicUsername } from '../../src/cache/rules/principal.js'
import { parameterValues, parseTarget } from '../../src/cache/resources/target.js'
import { apiCodeOf } from '../../src/upstream/api-code.js'
import { parseQuota } from '../../src/limits/quota-response.js'
import { parseRetryAfter } from '../../src/http/retry-after.js'
import { parseDuration, parseSize } from '../../src/config/units.js'
import { presentedSecret } from '../../src/server/authentication/presented-secret.js'
import { parseIdempotencyKey } from '../../src/idempotency/idempotency-key.js'
import { renderProblem } from '../../src/server/errors/problem-body.js'
import { ProblemError } from '../../src/server/errors/problems.js'
import { maxWaitOf } from '../../src/server/pipeline/arrival.js'
import { requestHeaders } from '../../src/server/pipeline/headers.js'
import { requestIds } from '../../src/server/edge/request-ids.js'

const entry = { status: 200, body: Buffer.alloc(9), etag: '"a"', dateMs: 0 } as Parameters<
  typeof partOf
>[0]
const inGerman = {
  ...entry,
  headers: [['content-language', 'de']] as const,
  selecting: [['accept-language', 'en']] as const,
}
const nextId = requestIds()

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  target: (text) => {
    const read = parseTarget(`/${text}`)
    return read.kind === 'target' && parameterValues(read, 'limit')
  },
  query: (text) => {
    const read = parseTarget(`/task/?${text}`)
    return read.kind === 'target' && parameterValues(read, 'limit')
  },
  'Cache-Control of requests': (text) => requestDirectives({ 'cache-control': text }),
  'Cache-Control of answers': parseCacheControl,
  'http: Cache-Control': (text) => cachePolicy([['cache-control', text]]),
  'http: CDN-Cache-Control': (text) =>
    cachePolicy([['cdn-cache-control', text]], 'cdn-cache-control'),
  Accept: formatOf,
  'Content-Type': (text) => contentTypeFits('any', text),
  'Accept-Encoding': acceptsGzip,
  'If-Match': (text) => translateIfMatch(`"${'a'.repeat(27)}", ${text}`, []),
  'If-None-Match': (text) => matchesIfNoneMatch(text, '"a"'),
  'http: If-None-Match': (text) => isKnownToClient(entry, { 'if-none-match': text }, 0),
  'http: date': (text) => parseHttpDate(text, 0),
  'http: Range': (text) => partOf(entry, { range: `bytes=${text}` }),
  'http: Location': (text) =>
    outdatedTargets({
      target: '/a',
      headers: [['location', text]],
      upstreamUrl: 'https://a',
      host: 'b',
    }),
  'http: uri': uriOf,
  'http: Vary': (text) => selectingOf([text], {}),
  'http: Accept-Language': (text) => isSelected(inGerman, { 'accept-language': text }),
  'http: Vary by Accept-Encoding': (text) => {
    const request = { 'accept-encoding': text }
    const selecting = selectingOf(['accept-encoding'], request)
    return selecting && isSelectedBy(selecting, request)
  },
  Connection: (text) => storableHeaders([['connection', text]]),
  'Connection of requests': (text) => requestHeaders({ connection: text, a: 'b' }, undefined),
  Authorization: (text) => [basicUsername(text), basicUsername(`Basic ${text}`)],
  'presented secret': (text) => [presentedSecret(text), presentedSecret(`Bearer ${text}`)],
  'error body': (text) => [apiCodeOf(text, [11, 12]), apiCodeOf(`{"error":${text}`, [11])],
  'error body in XML': (text) => apiCodeOf(`<error>${text}`, [11, 12]),
  quota: parseQuota,
  'Retry-After': (text) => parseRetryAfter(text, 0),
  Prefer: (text) => maxWaitOf({ prefer: text }, 1_000),
  'Idempotency-Key': parseIdempotencyKey,
  'X-Request-Id': (text) => nextId({ headers: { 'x-request-id': text } }),
  Host: (text) => ambiguityOf({ httpVersion: '1.1', rawHeaders: [], headers: { host: text } }),
  'method override': (text) =>
    overridesMethod({ headers: {}, url: text } as Parameters<typeof overridesMethod>[0]),
  'error of ours': (message) =>
    renderProblem(new ProblemError('BAD_REQUEST', { message }), undefined),
  duration: parseDuration,
  size: parseSize,
}

/** Repeated to the full length. */
const PIECES = [
  ' ',
  '	',
  '\xA0',
  ',',
  ', ',
  ';',
  '; ',
  '=',
  ' =',
  '= ',
  '"',
  '\\',
  '\\"',
  '"a',
  '"a"',
  'a="',
  'a,',
  'a=1,',
  'a;',
  'a',
  'A',
  '0',
  '1',
  '.',
  '-',
  ':',
  '%',
  '%4',
  '%41',
  '%2',
  '/',
  '/.',
  '/a',
  '../',
  '//',
  '&',
  'a&',
  'a=1&',
  'a[]=1&',
  '[',
  ']',
  '[]',
  '?',
  '#',
  '+',
  '@',
  '<',
  '<a',
  '<a ',
  '<error',
  '<code>',
  '<message ',
  '<verbose',
  '</error>',
  '{',
  '{"a":',
  '"code"',
  '"code":',
  'code',
  'code ',
  ' number',
  'error_code"">>  ',
  '"code": ',
  'W/"',
  'W/',
  '*',
  '*,',
  'gzip,',
  'gzip;q=',
  ';q=0.',
  'wait',
  'wait=',
  ', wait',
  'max-age=1,',
  '=" ',
  'Basic ',
  'Bearer ',
  '://',
  'a.',
  'a:',
  '1-',
  '0-1,',
  'é',
  '\ud800',
  '\u2028',
  '\0',
  '\r\n',
  '&amp;',
] as const
const AROUND = [
  ['', ''],
  ['a', '!'],
  ['"', '\u0001'],
] as const

const BYTES = 65_536
const FAST_MS = 50

function cpuMs(parse: (text: string) => unknown, text: string): number {
  const before = process.cpuUsage()
  parse(text)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

const textOf = (piece: string, bytes: number): string =>
  piece.repeat(Math.ceil(bytes / piece.length))

for (const [name, parse] of Object.entries(PARSERS)) {
  t.test(`${name} takes time in proportion`, async (t) => {
    const slow: string[] = []
    for (const piece of PIECES) {
      for (const [before, after] of AROUND) {
        const at = (bytes: number): number => cpuMs(parse, before + textOf(piece, bytes) + after)
        if (at(BYTES) < FAST_MS) continue
        // Looked at again, the best of some: four times the length is 4 times the time, or 16 times.
        const best = (bytes: number): number => Math.min(at(bytes), at(bytes), at(bytes))
        const [short, long] = [best(BYTES / 4), best(BYTES)]
        if (long > FAST_MS && long > 9 * short) slow.push(`${JSON.stringify(piece)}: ${long} ms`)
      }
    }
    t.strictSame(slow, [])
  })
}
t.comment(
  `${Object.keys(PARSERS).length} parsers, ${PIECES.length * AROUND.length} inputs of 64 KiB each`,
)
