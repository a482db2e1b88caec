/** Whether the proxy's own certificate can be shown for a while yet. */
import { X509Certificate } from 'node:crypto'
import { fail, ok, warn, type Finding } from '../../report/doctor-finding.js'

const SUBJECT = 'certificate'
const DAY_MS = 86_400_000
/** Renewing by hand takes some days; automatic renewal happens 30 days before the end. */
export const SOON_MS = 14 * DAY_MS

/** Look at the certificate in `pem`; that it can be read, and is that of the key, was looked at before. */
export function checkCertificate(pem: string, path: string, nowMs: number): Finding {
  const { validFrom, validTo, subjectAltName } = new X509Certificate(pem)
  const name = subjectAltName === undefined ? '' : ` for ${subjectAltName.replaceAll('DNS:', '')}`
  if (Date.parse(validFrom) > nowMs) {
    return fail(SUBJECT, `${path} is not valid before ${day(validFrom)}: is this clock right?`)
  }
  const renew = 'put a new one and its key in its place; no restart is needed'
  return byEnd(validTo, nowMs, {
    ended: () => fail(SUBJECT, `${path} ended on ${day(validTo)}, and clients refuse it: ${renew}`),
    soon: (days) => warn(SUBJECT, `${path} ends in ${days} days, on ${day(validTo)}: ${renew}`),
    good: () => ok(SUBJECT, `${path}${name}, valid until ${day(validTo)}`),
  })
}

/** What to say of a certificate, by when it ends. */
export function byEnd<Said>(
  validTo: string,
  nowMs: number,
  say: {
    readonly ended: () => Said
    readonly soon: (days: number) => Said
    readonly good: () => Said
  },
): Said {
  const leftMs = Date.parse(validTo) - nowMs
  if (leftMs <= 0) return say.ended()
  return leftMs < SOON_MS ? say.soon(Math.floor(leftMs / DAY_MS)) : say.good()
}

/** 2027-01-31 */
export const day = (time: string): string => new Date(time).toISOString().slice(0, 10)
