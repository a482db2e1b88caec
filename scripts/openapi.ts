/** Writes config/openapi.json, the pages under /-/ by the schemas of their routes; `npm run generate`. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { createMemoryJournal } from '../src/limits/index.js'
import { buildApp } from '../src/server/app.js'
import { systemClock } from '../src/server/clock.js'
import { loadConfig } from '../src/config/load.js'
import { version } from '../src/server/version.js'

/** Published by Fastify for each instance when it is made. */
const INSTANCE_MADE = 'fastify.initialization'

const DESCRIPTION = `What intervals-proxy answers itself, under /-/. Everything else is the Intervals API. The dashboard at /-/ and what it loads are for people, and not described here.

Errors have the shape of an Intervals error: in JSON here, and in XML where Accept does not ask for JSON.`

const TAGS = [
  { name: 'health', description: 'For whoever keeps the process running; open to everybody.' },
  { name: 'state', description: 'What the proxy does and has done.' },
  {
    name: 'acts',
    description: 'What a person may do. Each leaves a line with "audit" in the log.',
  },
]

/** The document as text, the same each time. */
export async function openApiDocument(): Promise<string> {
  const loaded = loadConfig({ env: {}, cwd: '/', readFile: () => '' })
  if (!loaded.ok) throw new Error('the defaults are no configuration')
  const app = await describingRoutes(() =>
    buildApp(loaded.config, {
      clock: systemClock(),
      journal: createMemoryJournal(),
      secret: () => Buffer.alloc(32),
      newDisk: 'idle',
      version: version(),
      logger: pino({ level: 'silent' }),
    }),
  )
  try {
    await app.ready()
    return `${JSON.stringify(withOptionalBodies(app.swagger()), null, 2)}\n`
  } finally {
    await app.close()
  }
}

/** Registers the plugin that reads the schemas in the app that `build` makes, before any route. */
function describingRoutes<Built>(build: () => Built): Built {
  const onMade = (message: unknown): void => {
    const { fastify } = message as { readonly fastify: FastifyInstance }
    void fastify.register(swagger, {
      refResolver: { buildLocalReference: ({ $id }) => (typeof $id === 'string' ? $id : '') },
      transform: ({ schema, url }) => ({
        schema: { ...schema, hide: schema?.operationId === undefined },
        url,
      }),
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'intervals-proxy',
          version: version(),
          description: DESCRIPTION,
          license: { name: 'MIT', identifier: 'MIT' },
        },
        servers: [{ url: 'http://127.0.0.1:8080', description: 'By default.' }],
        tags: TAGS,
        components: {
          securitySchemes: {
            adminToken: {
              type: 'http',
              scheme: 'bearer',
              description: 'server.adminToken. Without one, /-/ answers this machine only.',
            },
          },
        },
      },
    })
  }
  subscribe(INSTANCE_MADE, onMade)
  try {
    return build()
  } finally {
    unsubscribe(INSTANCE_MADE, onMade)
  }
}

/** A body that may be null may be left out. */
function withOptionalBodies(document: object): object {
  return JSON.parse(JSON.stringify(document), (key, value: unknown) => {
    if (key !== 'requestBody') return value
    const [media] = Object.values((value as RequestBody).content)
    if (!Array.isArray(media?.schema.type)) return value
    const schema = { ...media.schema, type: 'object' }
    return { required: false, content: { 'application/json': { schema } } }
  }) as object
}

interface RequestBody {
  readonly content: Readonly<Record<string, { readonly schema: { readonly type?: unknown } }>>
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync('config/openapi.json', await openApiDocument())
}
