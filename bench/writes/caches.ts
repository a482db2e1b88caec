/** The caches that are asked, each set up as well as its documentation allows. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Agent, cacheStores, interceptors, request as ask } from 'undici'
import type { Dispatcher } from 'undici'
import { freePort, launch, untilAnswers } from '../children.js'
import type { Child } from '../children.js'
import type { Program } from '../machine.js'
import type { Origin } from './origin.js'

export interface RunningCache {
  readonly port: number
  stop(): Promise<void>
}

export interface Cache {
  readonly name: string
  readonly needs?: Program
  start(origin: Origin, directory: string): Promise<RunningCache>
}

export const OURS = 'this proxy'

export const CACHES: readonly Cache[] = [
  { name: 'nginx', needs: 'nginx', start: nginx },
  { name: 'Varnish', needs: 'varnishd', start: (origin, dir) => varnish(origin, dir, false) },
  {
    name: 'Varnish, ban on write',
    needs: 'varnishd',
    start: (origin, dir) => varnish(origin, dir, true),
  },
  { name: 'Squid', needs: 'squid', start: squid },
  { name: 'undici cache', start: (origin) => undici(origin, false) },
  { name: 'undici + deduplicate', start: (origin) => undici(origin, true) },
  { name: OURS, start: ours },
]

const asUser = (line: string): string => (process.getuid?.() === 0 ? line : '')

async function running(port: number, child: Child, path = '/'): Promise<RunningCache> {
  await untilAnswers(`http://127.0.0.1:${port}${path}`, child)
  return { port, stop: () => child.stop() }
}

async function ours(origin: Origin, directory: string): Promise<RunningCache> {
  const port = await freePort()
  const file = join(directory, 'settings.yaml')
  writeFileSync(
    file,
    JSON.stringify({
      cache: {
        resources: { task: { ttl: '60s', stale: '1h' }, milestone: { ttl: '1s', stale: '1h' } },
      },
      limits: { day: { max: 100_000 }, queue: { maxWait: '1s' } },
      log: { level: 'warn' },
    }),
  )
  const child = launch(process.execPath, [
    'dist/main.js',
    `--config=${file}`,
    `--port=${port}`,
    `--upstream=${origin.url}/`,
    `--data-dir=${join(directory, 'data')}`,
  ])
  return running(port, child, '/-/livez')
}

async function nginx(origin: Origin, home: string): Promise<RunningCache> {
  const port = await freePort()
  const file = join(home, 'nginx.conf')
  const paths = ['client_body', 'fastcgi', 'uwsgi', 'scgi', 'proxy']
    .map((name) => `${name}_temp_path ${home}/${name};`)
    .join('\n  ')
  writeFileSync(
    file,
    `daemon off;
${asUser('user root;')}
worker_processes 1;
pid ${home}/nginx.pid;
error_log ${home}/error.log;
events {}
http {
  access_log off;
  ${paths}
  proxy_cache_path ${home}/cache keys_zone=writes:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${origin.url};
      proxy_cache writes;
      proxy_cache_lock on;
      proxy_cache_use_stale error timeout updating http_429 http_500 http_502 http_503 http_504;
    }
  }
}
`,
  )
  const child = launch('nginx', ['-e', `${home}/error.log`, '-p', home, '-c', file])
  return running(port, child)
}

async function varnish(origin: Origin, home: string, isBanning: boolean): Promise<RunningCache> {
  const port = await freePort()
  const file = join(home, 'default.vcl')
  const ban = isBanning ? 'ban("obj.http.x-url == " + req.url);' : ''
  writeFileSync(
    file,
    `vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${origin.port}"; }
sub vcl_recv {
  if (req.method == "GET") { return (hash); }
  ${ban}
  return (pass);
}
sub vcl_backend_response {
  set beresp.http.x-url = bereq.url;
  set beresp.grace = 1h;
  if (beresp.status == 429 || beresp.status >= 500) {
    if (bereq.is_bgfetch) { return (abandon); }
    set beresp.uncacheable = true;
  }
}
`,
  )
  const child = launch('varnishd', [
    '-F',
    '-n',
    join(home, 'work'),
    '-a',
    `127.0.0.1:${port}`,
    '-f',
    file,
    '-s',
    'malloc,16m',
    '-j',
    'none',
    '-T',
    'none',
  ])
  return running(port, child)
}

async function squid(origin: Origin, home: string): Promise<RunningCache> {
  const port = await freePort()
  const file = join(home, 'squid.conf')
  mkdirSync(home, { recursive: true })
  writeFileSync(
    file,
    `http_port 127.0.0.1:${port} accel defaultsite=127.0.0.1 no-vhost
cache_peer 127.0.0.1 parent ${origin.port} 0 no-query originserver
http_access allow all
cache_mem 16 MB
collapsed_forwarding on
cache_log /dev/null
access_log none
pid_filename none
coredump_dir none
shutdown_lifetime 0 seconds
visible_hostname localhost
${asUser('cache_effective_user nobody')}
`,
  )
  const child = launch('squid', ['-N', '-n', `bench${port}`, '-f', file])
  return running(port, child)
}

/** As a server of a few lines would use it. */
async function undici(origin: Origin, isDeduplicating: boolean): Promise<RunningCache> {
  const agent = new Agent({ connections: 100 })
  const cache = interceptors.cache({ store: new cacheStores.MemoryCacheStore() })
  const dispatcher: Dispatcher = isDeduplicating
    ? agent.compose(cache, interceptors.deduplicate())
    : agent.compose(cache)
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const { authorization = '', accept = '' } = request.headers
      const method = request.method === 'PUT' ? 'PUT' : 'GET'
      const answer = await ask(`${origin.url}${request.url}`, {
        dispatcher,
        method,
        headers: {
          authorization,
          accept,
          ...(method === 'PUT' && { 'content-type': 'application/json' }),
        },
        ...(method === 'PUT' && { body: Buffer.concat(chunks) }),
      })
      response.writeHead(answer.statusCode, { 'content-type': 'application/json' })
      response.end(Buffer.from(await answer.body.arrayBuffer()))
    })().catch(() => {
      response.writeHead(502).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      await new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
      await agent.destroy()
    },
  }
}
