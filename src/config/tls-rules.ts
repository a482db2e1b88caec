/** What has to hold for server.tls: both files or neither, and they belong together. */
import { certificateProblem, keyProblem, pairProblem } from './tls-pair.js'
import { isLoopback } from './addresses.js'
import { unreadable, type Facts, type Rule } from './rules.js'

const [CERT, KEY] = ['server.tls.cert', 'server.tls.key'] as const

export const TLS_RULES: readonly Rule[] = [
  {
    keys: [CERT, KEY],
    broken: ({ config: { server } }) =>
      server.tls?.key !== undefined && server.tls.cert === undefined
        ? 'is missing: TLS needs the certificate as well as its key, or neither of them'
        : undefined,
  },
  {
    keys: [KEY, CERT],
    broken: ({ config: { server } }) =>
      server.tls?.cert !== undefined && server.tls.key === undefined
        ? 'is missing: TLS needs the key as well as the certificate, or neither of them'
        : undefined,
  },
  {
    keys: [CERT],
    broken: (facts) => fileProblem(facts, facts.config.server.tls?.cert, certificateProblem),
  },
  { keys: [KEY], broken: (facts) => fileProblem(facts, facts.config.server.tls?.key, keyProblem) },
  { keys: [KEY, CERT], broken: mismatch },
]

/** Without TLS, every machine on the way can read the tokens. */
export const TLS_ADVICE: readonly Rule[] = [
  {
    keys: [CERT, 'server.host'],
    broken: ({ config: { server } }) =>
      server.tls?.cert === undefined && !isLoopback(server.host)
        ? `is not set, and server.host ${server.host} can be reached from other machines: the tokens of all consumers cross the network readable. Set server.tls.cert and server.tls.key, or let only a program with TLS, or a container beside it, reach the port`
        : undefined,
  },
]

function fileProblem(
  { readFile }: Facts,
  path: string | undefined,
  problemOf: (pem: string) => string | undefined,
): string | undefined {
  if (path === undefined) return undefined
  try {
    const problem = problemOf(readFile(path))
    return problem && `${path} ${problem}`
  } catch (error) {
    return `${path} ${unreadable(error)}`
  }
}

function mismatch({ config: { server }, readFile }: Facts): string | undefined {
  const { cert, key } = server.tls ?? {}
  if (cert === undefined || key === undefined) return undefined
  try {
    const problem = pairProblem({ cert: readFile(cert), key: readFile(key) })
    return problem && `${key} ${problem}`
  } catch {
    // Told by the rule about that file.
    return undefined
  }
}
