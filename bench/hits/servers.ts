/** The servers side by side, each as well set up as its documentation allows, and all alike. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CORES, freePort, launch, untilAnswers } from '../children.js'
import type { Child, Core } from '../children.js'
import { missing, versionOf } from '../machine.js'
import type { Program } from '../machine.js'

export interface Server {
  readonly name: string
  readonly port: number
  /** For the processor time; children are counted with them. */
  readonly pids: readonly number[]
  stop(): Promise<void>
}

export interface ServerOptions {
  readonly origin: string
  readonly directory: string
  readonly isLogging: boolean
  /** Default: that of servers. */
  readonly core?: Core
}

export interface Candidate {
  readonly name: string
  readonly needs?: Program
  /** Has nothing to log with: there is one way to run it. */
  readonly isSilent?: boolean
  start(options: ServerOptions): Promise<Server>
}

const node = (script: string, ...args: readonly string[]): readonly string[] => [
  '--import',
  'tsx',
  script,
  ...args,
]

export async function startOrigin(): Promise<Server & { asked(): Promise<number> }> {
  const port = await freePort()
  const child = launch(process.execPath, node('bench/hits/bare.ts', 'origin', String(port)), {
    core: CORES.load,
  })
  await untilAnswers(`http://127.0.0.1:${port}/asked`, child)
  return {
    ...serverOf('origin', port, [child]),
    asked: async () => Number(await (await fetch(`http://127.0.0.1:${port}/asked`)).text()),
  }
}

export const OURS = 'this proxy'

export const CANDIDATES: readonly Candidate[] = [
  { name: 'node:http, bare', isSilent: true, start: (options) => bare('node', options) },
  { name: 'Fastify, bare', start: (options) => bare('fastify', options) },
  { name: 'undici cache behind Fastify', start: (options) => bare('undici', options) },
  { name: 'nginx', needs: 'nginx', start: nginx },
  { name: 'Varnish', needs: 'varnishd', start: varnish },
  { name: OURS, start: ours },
]

export function installed(candidates: readonly Candidate[]): {
  readonly present: readonly Candidate[]
  readonly skipped: readonly string[]
} {
  const isThere = ({ needs }: Candidate): boolean =>
    needs === undefined || versionOf(needs) !== undefined
  return {
    present: candidates.filter(isThere),
    skipped: candidates.flatMap(({ needs }) =>
      needs !== undefined && versionOf(needs) === undefined ? [missing(needs)] : [],
    ),
  }
}

function serverOf(name: string, port: number, children: readonly Child[]): Server {
  return {
    name,
    port,
    pids: children.map(({ pid }) => pid),
    stop: async () => {
      for (const child of children) await child.stop()
    },
  }
}

async function bare(kind: string, options: ServerOptions): Promise<Server> {
  const port = await freePort()
  const args = [kind, String(port), options.origin, ...(options.isLogging ? ['--log'] : [])]
  const child = launch(process.execPath, node('bench/hits/bare.ts', ...args), {
    logFile: join(options.directory, `${kind}.log`),
  })
  await untilAnswers(`http://127.0.0.1:${port}/`, child)
  return serverOf(kind, port, [child])
}

/** As shipped, but for the address, for limits that a load of misses would meet, and for `more`. */
export async function ours(
  options: ServerOptions,
  more: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const port = await freePort()
  const child = launch(
    process.execPath,
    [
      'dist/main.js',
      `--port=${port}`,
      `--upstream=${options.origin}`,
      `--data-dir=${join(options.directory, 'data')}`,
      `--log-level=${options.isLogging ? 'info' : 'warn'}`,
    ],
    {
      ...(options.core === undefined ? {} : { core: options.core }),
      logFile: join(options.directory, 'proxy.log'),
      env: {
        INTERVALS_PROXY_DAY_MAX: '10000000',
        INTERVALS_PROXY_MINUTE_MAX: '100000',
        // Short, or it would have tens of thousands of slots to look after, where 100 are shipped.
        INTERVALS_PROXY_MINUTE_WINDOW: '1s',
        ...more,
      },
    },
  )
  await untilAnswers(`http://127.0.0.1:${port}/-/livez`, child)
  return serverOf(OURS, port, [child])
}

async function nginx({ origin, directory, isLogging }: ServerOptions): Promise<Server> {
  const port = await freePort()
  const home = join(directory, 'nginx')
  mkdirSync(home, { recursive: true })
  const file = join(home, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${home}/nginx.pid;
error_log ${home}/error.log;
events { worker_connections 1024; }
http {
  access_log ${isLogging ? `${home}/access.log` : 'off'};
  client_body_temp_path ${home}/body;
  fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi;
  scgi_temp_path ${home}/scgi;
  proxy_temp_path ${home}/proxy;
  proxy_cache_path ${home}/cache keys_zone=hits:16m max_size=256m inactive=1h;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=1000 inactive=60s;
  keepalive_requests 1000000000;
  upstream origin { server ${new URL(origin).host}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache hits;
      proxy_cache_key "$request_method $request_uri $http_authorization $http_accept";
    }
  }
}
`,
  )
  const child = launch('nginx', ['-e', `${home}/error.log`, '-p', home, '-c', file])
  await untilAnswers(`http://127.0.0.1:${port}/`, child)
  return serverOf('nginx', port, [child])
}

async function varnish({ origin, directory, isLogging }: ServerOptions): Promise<Server> {
  const port = await freePort()
  const home = join(directory, 'varnish')
  mkdirSync(home, { recursive: true })
  const { hostname, port: originPort } = new URL(origin)
  const file = join(home, 'default.vcl')
  writeFileSync(
    file,
    `vcl 4.1;
backend default { .host = "${hostname}"; .port = "${originPort}"; }
sub vcl_recv { if (req.method == "GET") { return (hash); } return (pass); }
sub vcl_hash {
  hash_data(req.url);
  hash_data(req.http.Authorization);
  hash_data(req.http.Accept);
  return (lookup);
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
    'malloc,256m',
    '-j',
    'none',
    '-T',
    'none',
  ])
  await untilAnswers(`http://127.0.0.1:${port}/`, child)
  if (!isLogging) return serverOf('varnish', port, [child])
  const log = launch('varnishncsa', ['-n', join(home, 'work'), '-w', join(home, 'access.log')])
  return serverOf('varnish', port, [child, log])
}
