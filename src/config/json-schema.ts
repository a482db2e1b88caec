/** The JSON Schema that lets an editor complete and check a configuration file. */
import { IsRecord, type TSchema } from 'typebox'
import { configSchema } from './schema.js'
import { settingKeyword } from './setting.js'
import { childrenOf, namedChild } from './settings.js'

type Json = Readonly<Record<string, unknown>>

/** The schema for config/schema.json; what this version refuses is not in it. */
export function jsonSchema(): Json {
  const shared = new Map<TSchema, Json>()
  const root = translate(configSchema, [], shared)
  const [resource] = shared.values()
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'intervals-proxy',
    ...root,
    definitions: { resource },
  }
}

function translate(schema: TSchema, path: readonly string[], shared: Map<TSchema, Json>): Json {
  const children = childrenOf(schema)
  if (children === undefined) return leaf(schema)
  const named = namedChild(schema)
  if (named !== undefined) {
    return {
      description: (schema as { description?: string }).description,
      type: ['object', 'null'],
      additionalProperties: false,
      patternProperties: {
        [named.pattern.source]: translate(named.schema, [...path, 'NAME'], shared),
      },
    }
  }
  const properties = children.map(({ name, schema: child }) => {
    if (!IsRecord(schema)) return [name, translate(child, [...path, name], shared)]
    shared.set(child, shared.get(child) ?? translate(child, [...path, name], shared))
    return [name, { $ref: '#/definitions/resource' }]
  })
  return {
    description: (schema as { description?: string }).description,
    // A section may be empty: all of its lines are comments.
    type: path.length === 0 ? 'object' : ['object', 'null'],
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  }
}

function leaf(schema: TSchema): Json {
  const { 'x-setting': _, description, ...rest } = schema as Record<string, unknown>
  const keyword = settingKeyword(schema)
  return {
    description: [description, keyword?.variable && `Variable: ${keyword.variable}.`]
      .filter(Boolean)
      .join(' '),
    ...rest,
    // Not JSON Schema, but what the YAML language server says instead of the pattern.
    ...('pattern' in rest && { patternErrorMessage: `expected ${keyword?.expected}` }),
  }
}
