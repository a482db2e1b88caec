import fc from 'fast-check'
import { errorFields } from '../../../src/observability/error-fields.js'
import { ambiguityOf, overridesMethod } from '../../../src/server/edge/ambiguity.js'
import { isAddressOrRange } from '../../../src/config/addresses.js'
import { trustedPeers } from '../../../src/server/edge/connections/trusted-peers.js'
import { presentedSecret } from '../../../src/server/authentication/presented-secret.js'
import { fingerprintOf } from '../../../src/idempotency/fingerprint.js'
import {
  MAX_KEY_CHARACTERS,
  parseIdempotencyKey,
} from '../../../src/idempotency/idempotency-key.js'
import { renderProblem } from '../../../src/server/errors/problem-body.js'
import { ProblemError } from '../../../src/server/errors/problems.js'
import { hasBody, maxWaitOf, priorityOf } from '../../../src/server/pipeline/arrival.js'
import { receivedHeaders, requestHeaders } from '../../../src/server/pipeline/headers.js'
import { requestIds } from '../../../src/server/edge/request-ids.js'
import { upstreamProblem } from '../../../src/server/errors/upstream-problem.js'
import { ensure, headerText, soup, target, type FuzzTarget } from '../target.js'

const NAMES = [
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'upgrade',
  'x-a',
  'x_forwarded_for',
  'x-forwarded-for',
  'intervals-proxy-consumer',
  'host',
  'cookie',
  'authorization',
  '__proto__',
  'x-original-url',
  'content-length',
  'constructor',
  'via',
  'forwarded',
  'x-http-method-override',
] as const
const HOP = ['connection', 'keep-alive', 'transfer-encoding', 'te', 'upgrade', 'trailer'] as const
const headerRecords = fc.dictionary(
  fc.constantFrom(...NAMES),
  soup('x-a', 'close', ', ', 'cookie', 'chunked', '5', 'X-A').map(headerText),
)
const messages = fc.oneof(
  fc.string({ unit: 'binary' }),
  soup('<b>', '&amp;', ']]>', '\0', '\u001b', '"', '\ud800', '</message>', '<!--', '\uffff'),
)

/** What XML 1.0 §2.2 lets a document hold, after what stands in the place of a character. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const XML_TEXT =
  /^(?:[\t\n\r\u0020-\u0025\u0027-\u003b\u003d-\ud7ff\ue000-\ufffd]|[\ud800-\udbff][\udc00-\udfff]|&(?:amp|lt|gt);)*$/

export const SERVER_TARGETS: readonly FuzzTarget[] = [
  target(
    'Prefer',
    soup('wait=', 'wait', '5', ', ', ';', '"', 'respond-async', '999999'),
    (prefer) => {
      const waitMs = maxWaitOf({ prefer }, 30_000)
      ensure(Number.isInteger(waitMs) && waitMs >= 0 && waitMs <= 30_000, 'within the limit')
    },
  ),
  target('Intervals-Proxy-Priority', soup('write', 'background', 'interactive', ' '), (text) => {
    const priority = priorityOf({ 'intervals-proxy-priority': text }, false)
    ensure(['write', 'interactive', 'background'].includes(priority), 'one of three')
  }),
  target('headers in both directions', headerRecords, (headers) => {
    const there = requestHeaders(headers, undefined)
    const back = new Set(receivedHeaders(headers).map(([name]) => name))
    for (const name of HOP) ensure(!(name in there) && !back.has(name), `${name} stays here`)
    const named = (headers['connection'] ?? '').split(',').map((name) => name.trim().toLowerCase())
    for (const name of named) ensure(!Object.hasOwn(there, name) && !back.has(name), 'named')
    ensure(!Object.keys(there).some((name) => /^x.(?:forwarded|original)/u.test(name)), 'no claims')
    ensure(Object.getPrototypeOf(there) === Object.prototype, 'no other prototype')
    hasBody(headers)
  }),
  target(
    'ambiguous requests',
    fc.tuple(headerRecords, soup('1.1', '1.0', '2')),
    ([headers, httpVersion]) => {
      const rawHeaders = Object.entries(headers).flat()
      const what = ambiguityOf({ httpVersion, rawHeaders, headers })
      ensure(what === undefined || /^[\u0020-\u007e]+$/u.test(what), 'a sentence')
      const twice = ambiguityOf({
        httpVersion: '1.1',
        rawHeaders: [...rawHeaders, 'Host', 'a', 'hOST', 'b'],
        headers,
      })
      ensure(twice !== undefined, 'two hosts are ambiguous')
    },
  ),
  target(
    'method overrides',
    soup('/a?', '&', ';', '_method', '%5fmethod', '%', '=', 'DELETE'),
    (url) => {
      overridesMethod({ headers: {}, url } as Parameters<typeof overridesMethod>[0])
      const found = overridesMethod({ headers: {}, url: `${url}&_METHOD=PUT?` } as Parameters<
        typeof overridesMethod
      >[0])
      ensure(found, 'found behind anything')
    },
  ),
  target('X-Request-Id', soup('a', '1', '-', '<', '\u00e9', 'x'.repeat(100)), (text) => {
    const id = requestIds()({ headers: { 'x-request-id': headerText(text) } })
    ensure(/^[\w.:@/+=-]{1,128}$/u.test(id), 'fit for the log')
  }),
  target('Idempotency-Key', soup('"', '\\"', '\\', 'key', ';a=1', ', ', '\u00e9'), (text) => {
    const key = parseIdempotencyKey(text)
    if (key === undefined) return
    ensure(key.length > 0 && key.length <= MAX_KEY_CHARACTERS, 'a length')
    const quoted = `"${key.replaceAll(/["\\]/gu, String.raw`\$&`)}"`
    ensure(parseIdempotencyKey(quoted) === key, 'the same in quotes')
  }),
  target('Idempotency-Key, long ones', fc.nat({ max: 600 }), (length) => {
    const isKey = parseIdempotencyKey('k'.repeat(length)) !== undefined
    ensure(isKey === (length > 0 && length <= MAX_KEY_CHARACTERS), 'bounded')
  }),
  target(
    'fingerprints',
    fc.tuple(fc.string(), fc.string(), fc.uint8Array()),
    ([one, other, body]) => {
      const of = (type: string): string =>
        fingerprintOf({
          method: 'POST',
          rawTarget: '/a',
          headers: { 'content-type': type },
          body: Buffer.from(body),
        })
      ensure((of(one) === of(other)) === (one === other), 'equal for equal requests only')
    },
  ),
  target(
    'presented secrets',
    soup('Bearer ', 'Basic ', 'dG9rZW46WA==', 'token', '\u00e9'),
    (value) => {
      const secret = presentedSecret(value)
      ensure(secret === undefined || secret.length > 0, 'something or nothing')
    },
  ),
  target(
    'trusted peers',
    soup('10.0.0.1', '/', '8', 'fd00::', '::ffff:', '1', ':', '.', '%eth0'),
    (text) => {
      const peers = isAddressOrRange(text) ? [text] : ['10.0.0.0/8']
      trustedPeers(peers)(text)
      trustedPeers(peers)('10.1.2.3')
    },
  ),
  target('errors of our own as XML', messages, (message) => {
    const { body } = renderProblem(new ProblemError('BAD_REQUEST', { message }), undefined)
    const text = /<message>([^]*?)<\/message>/u.exec(body)?.[1] ?? '<'
    ensure(XML_TEXT.test(text), `well-formed: ${JSON.stringify(text)}`)
  }),
  target('errors of our own as JSON', messages, (message) => {
    const { body } = renderProblem(new ProblemError('BAD_REQUEST', { message }), 'application/json')
    const read = JSON.parse(body) as { error: { message: string } }
    ensure(read.error.message === message, 'the same again')
  }),
  target('causes from the wire', fc.tuple(fc.string(), fc.anything()), ([code, thing]) => {
    const error = Object.assign(new Error('10.1.2.3 refused', { cause: thing }), { code })
    ensure(!upstreamProblem(error).message.includes('10.1.2.3'), 'no address')
    ensure(typeof JSON.stringify(errorFields(error)) === 'string', 'fit for the log')
    upstreamProblem(thing)
    errorFields(thing)
  }),
]
