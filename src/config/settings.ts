/** The schema as a tree to walk and as a flat list of settings. */
import { IsOptional, IsRecord, type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { configSchema } from './schema.js'
import { settingKeyword, type SettingKeyword } from './setting.js'

/** One value that can be set. */
export interface Setting {
  /** Its path in the file: `limits.minute.max`. */
  readonly key: string
  readonly schema: TSchema
  readonly keyword: SettingKeyword
  readonly description: string
  /** The default as it would be written; undefined if there is none. */
  readonly written: string | number | undefined
}

/** A step down the tree: the name in the file and what stands there. */
export interface Child {
  readonly name: string
  readonly schema: TSchema
}

/** Stands in listings for any name in a section whose names are not fixed. */
const ANY_NAME = 'NAME'

/** All settings in the order of the schema; settings under a name once, as in `cache.resources.NAME`. */
export const SETTINGS: readonly Setting[] = list(configSchema, [])

/** The names of all sections in the order of the schema. */
export const SECTIONS: readonly Omit<Setting, 'keyword' | 'written'>[] = listSections(
  configSchema,
  [],
)

/** The setting at `key`, with any name or NAME where names are not fixed; undefined if there is none. */
export function settingAt(key: string): Setting | undefined {
  let schema: TSchema | undefined = configSchema
  for (const name of key.split('.')) {
    schema = IsRecord(schema)
      ? Object.values(schema.patternProperties)[0]
      : childrenOf(schema)?.find((child) => child.name === name)?.schema
    if (schema === undefined) return undefined
  }
  const keyword = settingKeyword(schema)
  return keyword && settingOf(key, schema, keyword)
}

/** What may stand in a section by a fixed name, or undefined if `schema` is a setting. */
export function childrenOf(schema: TSchema): readonly Child[] | undefined {
  if (settingKeyword(schema) !== undefined) return undefined
  if (IsRecord(schema)) {
    const { propertyNames } = schema as { propertyNames?: { enum: readonly string[] } }
    const [value] = Object.values(schema.patternProperties)
    return value === undefined
      ? []
      : (propertyNames?.enum ?? []).map((name) => ({ name, schema: value }))
  }
  const { properties = {} } = schema as { properties?: Readonly<Record<string, TSchema>> }
  return Object.entries(properties).map(([name, child]) => ({ name, schema: child }))
}

/** What stands under the names in a section where a person gives them; undefined in any other. */
export function namedChild(
  schema: TSchema,
): { readonly pattern: RegExp; readonly schema: TSchema } | undefined {
  if (!IsRecord(schema) || 'propertyNames' in schema) return undefined
  const [entry] = Object.entries(schema.patternProperties)
  return entry && { pattern: new RegExp(entry[0], 'u'), schema: entry[1] }
}

/** The default of a setting as the program uses it; undefined if there is none. */
export function defaultOf(setting: Setting): unknown {
  return setting.written === undefined ? undefined : Value.Decode(setting.schema, setting.written)
}

/** Whether the program needs a value for it, so that it has to have a default. */
export function isNeeded(setting: Setting): boolean {
  return !IsOptional(setting.schema)
}

function list(schema: TSchema, path: readonly string[]): Setting[] {
  const keyword = settingKeyword(schema)
  if (keyword === undefined) {
    return steps(schema).flatMap((child) => list(child.schema, [...path, child.name]))
  }
  return [settingOf(path.join('.'), schema, keyword)]
}

function settingOf(key: string, schema: TSchema, keyword: SettingKeyword): Setting {
  const { description = '', default: written } = schema as {
    description?: string
    default?: string | number
  }
  return { key, schema, keyword, description, written }
}

function listSections(schema: TSchema, path: readonly string[]): (typeof SECTIONS)[number][] {
  if (settingKeyword(schema) !== undefined) return []
  const { description = '' } = schema as { description?: string }
  const own = path.length === 0 ? [] : [{ key: path.join('.'), schema, description }]
  return [
    ...own,
    ...steps(schema).flatMap((child) => listSections(child.schema, [...path, child.name])),
  ]
}

function steps(schema: TSchema): readonly Child[] {
  if (!IsRecord(schema)) return childrenOf(schema) ?? []
  const [child] = Object.values(schema.patternProperties)
  return child === undefined ? [] : [{ name: ANY_NAME, schema: child }]
}
