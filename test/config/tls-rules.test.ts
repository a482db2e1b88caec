import t from 'tap'
import { generateKeyPairSync } from 'node:crypto'
import { elsewhere, localhost } from '../server/edge/tls/fixtures.js'
import { complaints, configFrom, load } from './load.js'
import { PEM } from './pem.js'

const BOTH = 'server:\n  tls:\n    cert: cert.pem\n    key: key.pem\n'
const about = (yaml: string, files: Record<string, string> = {}) =>
  complaints({ file: 'c.yaml', files: { 'c.yaml': yaml, ...files } })
const good = { 'cert.pem': localhost.cert, 'key.pem': localhost.key }

t.test('both files or neither', async (t) => {
  t.strictSame(about('server:\n  tls:\n    key: key.pem\n', good), [
    'c.yaml:3:10: server.tls.key: server.tls.cert is missing: TLS needs the certificate as well as its key, or neither of them',
  ])
  t.strictSame(about('server:\n  tls:\n    cert: cert.pem\n', good), [
    'c.yaml:3:11: server.tls.cert: server.tls.key is missing: TLS needs the key as well as the certificate, or neither of them',
  ])
  t.match(complaints({ env: { INTERVALS_PROXY_TLS_KEY: 'key.pem' }, files: good }), [
    /^environment: INTERVALS_PROXY_TLS_KEY: server\.tls\.cert is missing/,
  ])
  t.strictSame(about('server:\n  tls:\n'), [])
  t.strictSame(configFrom({ file: 'c.yaml', files: { 'c.yaml': BOTH, ...good } }).server.tls, {
    cert: '/home/cert.pem',
    key: '/home/key.pem',
  })
})

t.test('every file that cannot be used is told at its place', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  })
  const weak = generateKeyPairSync('rsa', {
    modulusLength: 1024,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const { 'cert.pem': cert, 'key.pem': key } = good
  const bad: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ 'key.pem': key }, /^c\.yaml:3:11: server\.tls\.cert: cert\.pem does not exist$/],
    [{ 'cert.pem': cert }, /^c\.yaml:4:10: server\.tls\.key: key\.pem does not exist$/],
    [{ ...good, 'cert.pem': 'no' }, /^c\.yaml:3:11: .*cert\.pem holds no certificate/],
    [{ ...good, 'cert.pem': key }, /^c\.yaml:3:11: .*cert\.pem holds no certificate/],
    [{ ...good, 'key.pem': 'no' }, /^c\.yaml:4:10: .*key\.pem holds no private key/],
    [{ ...good, 'key.pem': cert }, /^c\.yaml:4:10: .*key\.pem holds no private key/],
    [{ ...good, 'key.pem': privateKey }, /^c\.yaml:4:10: .*locked with a passphrase.*openssl pkey/],
    [{ ...good, 'key.pem': elsewhere.key }, /^c\.yaml:4:10: .*key\.pem is not the key of the cert/],
    [{ ...good, 'key.pem': weak.privateKey }, /^c\.yaml:4:10: .*is not the key of the certificate/],
    [{ ...good, 'cert.pem': PEM + cert }, /^c\.yaml:4:10: .*the first certificate in server\.tls/],
  ]
  for (const [files, expected] of bad) {
    const lines = about(BOTH, files)
    t.equal(lines.length, 1, lines.join())
    t.match(lines[0], expected)
    t.notMatch(lines[0], 'PRIVATE KEY-----\n')
  }
  t.strictSame(about(BOTH, { ...good, 'cert.pem': cert + PEM }), [], 'a chain after the own one')
  t.comment(`${bad.length} bad pairs of files tried, ${bad.length} refused`)
})

t.test('with TLS nothing is said of a network that others share', async (t) => {
  const env = { INTERVALS_PROXY_HOST: '0.0.0.0', INTERVALS_PROXY_ADMIN_TOKEN: 'x' }
  const loaded = load({ env, file: 'c.yaml', files: { 'c.yaml': BOTH, ...good } })
  t.match(loaded, { ok: true, warnings: [] })
})
