/** Which certificate a proxy may show to the commands that talk to it. */
import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'

/**
 * Options of tls.connect that accept exactly `pem`, whatever name is in it: a command reaches the
 * proxy by 127.0.0.1, and the certificate is for the name that others use.
 */
export function trustOnly(pem: string) {
  const { fingerprint256 } = new X509Certificate(pem)
  return {
    ca: pem,
    // Else one that a public authority signed would be trusted only together with that authority.
    allowPartialTrustChain: true,
    checkServerIdentity: (host: string, peer: PeerCertificate): Error | undefined =>
      peer.fingerprint256 === fingerprint256 ? undefined : checkServerIdentity(host, peer),
  }
}

/** Whether a connection failed because of the certificate. */
export function isDistrust(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|SIGNATURE/u.test(code)
}
