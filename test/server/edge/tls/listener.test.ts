// The listener itself: which connections it takes, and the ways in which files are replaced in life.

import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { connect as connectPlain, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { connect, type SecureVersion } from 'node:tls'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { httpsOptions, readTls, reloadTls } from '../../../../src/server/edge/tls/listener.js'
import type { TlsPair } from '../../../../src/config/tls-pair.js'
import { handleClientError } from '../../../../src/server/errors/error-handler.js'
import { testConfig } from '../../build.js'
import { until } from '../../client.js'
import { elsewhere, localhost } from './fixtures.js'

const FINGERPRINTS = new Map<string, string>()

/** Who is on the other side: the name in the certificate that it shows. */
async function nameShown(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subject, fingerprint256 } = socket.getPeerCertificate()
  FINGERPRINTS.set(String(subject.CN), fingerprint256)
  socket.destroy()
  return String(subject.CN)
}

async function listen(t: Test, pair: TlsPair, cert: string, key: string) {
  let complaints = 0
  const loggerInstance: FastifyBaseLogger = pino(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (chunk.includes('the old one stays')) complaints++
        done()
      },
    }),
  )
  const app = Fastify({
    loggerInstance,
    ...httpsOptions(pair),
    clientErrorHandler: handleClientError,
  }) as FastifyInstance
  app.get('/', () => 'here')
  reloadTls(app, { files: { cert, key }, pair }, { wallMs: Date.now, everyMs: 10 })
  t.teardown(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return { port, untilComplaint: () => until(() => complaints > 0, 'a complaint in the log') }
}

/** Asks until it is so; the time limit of the test ends it otherwise. */
async function untilShown(port: number, name: string): Promise<void> {
  while ((await nameShown(port)) !== name) await new Promise((resolve) => setTimeout(resolve, 5))
}

const write = (dir: string, { cert, key }: TlsPair): void => {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'tls.crt'), cert)
  writeFileSync(join(dir, 'tls.key'), key)
}

/** Each returns the paths to configure, and how the second pair comes in the place of the first. */
const REPLACEMENTS: Readonly<
  Record<
    string,
    (dir: string) => {
      dir: string
      replace: (untilComplaint: () => Promise<void>) => void | Promise<void>
    }
  >
> = {
  'written in place': (dir) => {
    write(dir, localhost)
    return { dir, replace: () => write(dir, elsewhere) }
  },
  'renamed over the old files, as certbot and acme.sh do': (dir) => {
    write(dir, localhost)
    write(join(dir, 'new'), elsewhere)
    const replace = (): void => {
      for (const name of ['tls.crt', 'tls.key']) {
        renameSync(join(dir, 'new', name), join(dir, name))
      }
    }
    return { dir, replace }
  },
  'a symlink of the directory swapped, as Kubernetes does': (dir) => {
    write(join(dir, '..2026'), localhost)
    write(join(dir, '..2027'), elsewhere)
    symlinkSync('..2026', join(dir, '..data'))
    symlinkSync('..data/tls.crt', join(dir, 'tls.crt'))
    symlinkSync('..data/tls.key', join(dir, 'tls.key'))
    const replace = (): void => {
      symlinkSync('..2027', join(dir, '..data_tmp'))
      renameSync(join(dir, '..data_tmp'), join(dir, '..data'))
      rmSync(join(dir, '..2026'), { recursive: true })
    }
    return { dir, replace }
  },
  'a symlink further up swapped': (dir) => {
    write(join(dir, 'releases/1'), localhost)
    write(join(dir, 'releases/2'), elsewhere)
    symlinkSync('releases/1', join(dir, 'current'))
    const replace = (): void => {
      symlinkSync('releases/2', join(dir, 'next'))
      renameSync(join(dir, 'next'), join(dir, 'current'))
    }
    return { dir: join(dir, 'current'), replace }
  },
  'gone for a while, then there again': (dir) => {
    write(dir, localhost)
    const replace = async (untilComplaint: () => Promise<void>): Promise<void> => {
      rmSync(join(dir, 'tls.crt'))
      rmSync(join(dir, 'tls.key'))
      await untilComplaint()
      write(dir, elsewhere)
    }
    return { dir, replace }
  },
  'new with the times of the old one': (dir) => {
    write(dir, localhost)
    write(join(dir, 'new'), elsewhere)
    const replace = (): void => {
      for (const name of ['tls.crt', 'tls.key']) {
        const { atime, mtime } = statSync(join(dir, name))
        copyFileSync(join(dir, 'new', name), join(dir, name))
        utimesSync(join(dir, name), atime, mtime)
      }
    }
    return { dir, replace }
  },
}

for (const [name, prepare] of Object.entries(REPLACEMENTS)) {
  t.test(`a certificate that is ${name}`, { timeout: 60_000 }, async (t) => {
    const { dir, replace } = prepare(t.testdir({}))
    const files = [join(dir, 'tls.crt'), join(dir, 'tls.key')] as const
    const { port, untilComplaint } = await listen(t, localhost, ...files)
    t.equal(await nameShown(port), 'localhost')
    const open = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(open, 'secureConnect')
    await replace(untilComplaint)
    await untilShown(port, 'elsewhere.example')
    open.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    const [bytes] = (await once(open, 'data')) as [Buffer]
    t.match(bytes.toString(), /^HTTP\/1\.1 200 OK/, 'who was connected before goes on')
    t.not(FINGERPRINTS.get('localhost'), FINGERPRINTS.get('elsewhere.example'))
  })
}

t.test('TLS 1.2 and newer are spoken, older ones and plain HTTP are not', async (t) => {
  const dir = t.testdir({})
  write(dir, localhost)
  const { port } = await listen(t, localhost, join(dir, 'tls.crt'), join(dir, 'tls.key'))
  const speaks = async (version: SecureVersion): Promise<boolean> => {
    // Without the security level OpenSSL itself would refuse to speak the old ones.
    const socket = connect({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    const spoken = await Promise.race([
      once(socket, 'secureConnect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    return spoken
  }
  t.strictSame(
    [
      await speaks('TLSv1'),
      await speaks('TLSv1.1'),
      await speaks('TLSv1.2'),
      await speaks('TLSv1.3'),
    ],
    [false, false, true, true],
  )
  for (const bytes of [
    'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
    '\0'.repeat(70_000),
    '\u0016\u0003\u0001',
  ]) {
    const socket = connectPlain(port, '127.0.0.1', () => socket.end(bytes))
    socket.on('error', () => {})
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    await new Promise((resolve) => socket.once('close', resolve))
    t.notMatch(Buffer.concat(chunks).toString('latin1'), 'HTTP/1.1 200')
  }
  t.equal(await nameShown(port), 'localhost', 'and it goes on')
})

t.test('files that changed since the configuration was checked are refused in words', async (t) => {
  const dir = t.testdir({ 'c.pem': 'no', 'k.pem': localhost.key })
  const config = testConfig({}, 'http://127.0.0.1:9/')
  const tls = { cert: join(dir, 'c.pem'), key: join(dir, 'k.pem') }
  const withTls = { ...config, server: { ...config.server, tls } }
  t.throws(() => readTls(withTls), /server\.tls\.cert holds no certificate/)
  writeFileSync(tls.cert, localhost.cert)
  t.strictSame(readTls(withTls)?.pair, localhost)
  t.equal(readTls(config), undefined)
})
