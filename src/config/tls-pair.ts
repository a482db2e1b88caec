/** A certificate and its key, as PEM text: whether each is one, and whether they belong together. */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** Contents of server.tls.cert (the chain after it, if there is one) and server.tls.key. */
export interface TlsPair {
  readonly cert: string
  readonly key: string
}

/** Older versions of TLS are broken; every client of the last ten years has this one. */
export const MIN_TLS_VERSION = 'TLSv1.2'

/** What is wrong with a text that should be a certificate, to be put after the file's name. */
export function certificateProblem(pem: string): string | undefined {
  return certificateOf(pem) === undefined
    ? 'holds no certificate in PEM format (-----BEGIN CERTIFICATE-----)'
    : undefined
}

/** The same for a private key. */
export function keyProblem(pem: string): string | undefined {
  if (keyOf(pem) !== undefined) return undefined
  return /ENCRYPTED/.test(pem)
    ? 'is locked with a passphrase: write it without one (openssl pkey -in KEY -out NEW), readable by this user only'
    : 'holds no private key in PEM format (-----BEGIN PRIVATE KEY-----)'
}

/** What keeps a good certificate and a good key from being used together. */
export function pairProblem({ cert, key }: TlsPair): string | undefined {
  const [certificate, privateKey] = [certificateOf(cert), keyOf(key)]
  if (certificate === undefined || privateKey === undefined) return undefined
  if (!certificate.checkPrivateKey(privateKey)) {
    return 'is not the key of the certificate: the first certificate in server.tls.cert has to be the own one, before those that signed it'
  }
  try {
    createSecureContext({ cert, key, minVersion: MIN_TLS_VERSION })
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return `cannot be used with the certificate (${code ?? 'refused by OpenSSL'}): ask whoever issued them for new ones`
  }
}

/** Everything about a pair; undefined if it can be used. */
export function tlsProblem(pair: TlsPair): string | undefined {
  const ofCert = certificateProblem(pair.cert)
  if (ofCert !== undefined) return `server.tls.cert ${ofCert}`
  const ofKey = keyProblem(pair.key) ?? pairProblem(pair)
  return ofKey === undefined ? undefined : `server.tls.key ${ofKey}`
}

/** When the certificate ends, epoch milliseconds; undefined if it is none, or says no time that exists. */
export function validUntilMs(cert: string): number | undefined {
  const certificate = certificateOf(cert)
  const untilMs = Date.parse(certificate?.validTo ?? '')
  return Number.isNaN(untilMs) ? undefined : untilMs
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
