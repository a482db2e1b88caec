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

/** What a person may write in the place of any resource name, in listings. */
const ANY_RESOURCE = 'NAME'

/** All settings in the order of the schema; those of a resource once, as `cache.resources.NAME`. */
export const SETTINGS: readonly Setting[] = list(configSchema, [])

/** The names of all sections in the order of the schema. */
export const SECTIONS: readonly Omit<Setting, 'keyword' | 'written'>[] = listSections(
  configSchema,
  [],
)

/** The setting at `key`, with the name of a resource or with NAME; undefined if there is none. */
export function settingAt(key: string): Setting | undefined {
  const general = key.replace(/^cache\.resources\.[^.]+\./u, `cache.resources.${ANY_RESOURCE}.`)
  const setting = SETTINGS.find((candidate) => candidate.key === general)
  return setting && { ...setting, key }
}

/** What may stand in a section, or undefined if `schema` is a setting. */
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
  const { description = '', default: written } = schema as {
    description?: string
    default?: string | number
  }
  return [{ key: path.join('.'), schema, keyword, description, written }]
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
  const children = childrenOf(schema) ?? []
  return IsRecord(schema)
    ? children.slice(0, 1).map((child) => ({ ...child, name: ANY_RESOURCE }))
    : children
}
