/**
 * Finds the API's own code in an error body. Where it stands is not documented, so it is looked for
 * wherever clients were seen to find it: `error.code`, `error.number`, or only in the message, in
 * JSON and in XML. What a validation error quotes of the request (`verbose`, other members, and the
 * message beside a code) says nothing: it may be any text.
 */

/** Members and elements that carry the code. */
const NAMES = ['code', 'number', 'errorcode', 'error_code'] as const

/** The API's own codes end here; larger numbers beside `code` are HTTP statuses. */
const MAX_API_CODE = 99

/** Wordings, for bodies that carry no code. */
const WORDINGS: readonly (readonly [RegExp, number])[] = [
  [/maximum number of daily api requests/i, 11],
  [/requests? (?:were |was |are |being )?sent too (?:fast|quickly)|too many requests/i, 12],
  [/account (?:is |was |has been )?suspended/i, 4],
]

/** What of a body speaks of the error itself. */
interface ErrorPart {
  readonly code: number | undefined
  readonly message: string
}

/** The code of an error body, if it is one of `candidates`; any other code means that it is not. */
export function apiCodeOf(body: string, candidates: readonly number[]): number | undefined {
  if (candidates.length === 0) return undefined
  const { code, message } = errorPartOf(body)
  const codes = code === undefined ? codesInText(message) : [code]
  if (codes.length > 0) {
    return codes.every((one) => candidates.includes(one)) ? codes[0] : undefined
  }
  return WORDINGS.find(([wording, one]) => candidates.includes(one) && wording.test(message))?.[1]
}

/** Longer messages are cut: they are shown to clients, in the log and on the dashboard. */
const MAX_MESSAGE = 200

/** The error's own message, printable and short; empty where there is none. */
export function apiMessageOf(body: string): string {
  const { message } = errorPartOf(body)
  if (message.startsWith('<')) return ''
  return message
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .slice(0, MAX_MESSAGE)
    .trim()
}

function errorPartOf(body: string): ErrorPart {
  const text = body.trimStart()
  if (text.startsWith('<')) return inXml(text)
  if (!text.startsWith('{') && !text.startsWith('[')) return { code: undefined, message: text }
  try {
    return inJson(JSON.parse(text))
  } catch {
    return inBrokenJson(text)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

function apiCode(value: unknown): number | undefined {
  const digits = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : ''
  const code = /^\d{1,3}$/.test(digits) ? Number(digits) : 0
  return code >= 1 && code <= MAX_API_CODE ? code : undefined
}

const codeIn = (members: Record<string, unknown>): number | undefined =>
  NAMES.map((name) => apiCode(members[name])).find((code) => code !== undefined)

function inJson(document: unknown): ErrorPart {
  const root = Array.isArray(document) ? (document as unknown[])[0] : document
  if (!isObject(root)) return { code: undefined, message: '' }
  const holder = [root, ...Object.values(root)].find((one) => isObject(one) && 'error' in one)
  const error = isObject(holder) ? holder['error'] : root
  if (typeof error === 'string') return { code: codeIn(root), message: error }
  if (!isObject(error)) return { code: codeIn(root), message: '' }
  const message = error['message'] ?? root['message']
  return {
    code: codeIn(error) ?? codeIn(root),
    message: typeof message === 'string' ? message : '',
  }
}

/** A body that broke off says what it says up to there. */
function inBrokenJson(text: string): ErrorPart {
  const start = text.indexOf('"error"')
  const error = before(start === -1 ? text : text.slice(start), '"verbose"')
  const code = /"(?:code|number|errorcode|error_code)"\s{0,8}:\s{0,8}"?(\d{1,3})(?!\d)/i.exec(error)
  const message = /"message"\s{0,8}:\s{0,8}"([^"]*)/i.exec(error)
  return { code: apiCode(code?.[1]), message: message?.[1] ?? '' }
}

function inXml(text: string): ErrorPart {
  const start = text.search(/<error[\s>]/i)
  const error = without(before(start === -1 ? text : text.slice(start), '</error>'), 'verbose')
  const message = /<message[^>]{0,99}>([^<]*)/i.exec(error)?.[1]
  const rest = without(error, 'message')
  const code =
    /^<error[^>]{0,999}?\s(?:code|number|errorcode|error_code)\s?=\s?["'](\d{1,3})["']/i.exec(
      rest,
    ) ??
    /<(?:code|number|errorcode|error_code)(?:\s[^>]{0,99})?>\s{0,99}(\d{1,3})\s{0,99}</i.exec(rest)
  return { code: apiCode(code?.[1]), message: message ?? (start === -1 ? text : rest) }
}

function before(text: string, mark: string): string {
  const end = text.toLowerCase().indexOf(mark)
  return end === -1 ? text : text.slice(0, end)
}

/** Without the first element of that name and all that it contains. */
function without(text: string, name: string): string {
  const lower = text.toLowerCase()
  const start = lower.indexOf(`<${name}`)
  if (start === -1) return text
  const end = lower.indexOf(`</${name}>`, start)
  return text.slice(0, start) + (end === -1 ? '' : text.slice(end))
}

/** Codes of the API that a sentence names. */
function codesInText(message: string): readonly number[] {
  const pattern = /(?:code|number)\W{0,4}(\d{1,3})(?!\d)/gi
  return [...message.matchAll(pattern)]
    .map(([, digits]) => apiCode(digits))
    .filter((code) => code !== undefined)
}
