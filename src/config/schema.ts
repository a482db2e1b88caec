/**
 * The settings of the proxy: names, types, defaults, bounds and what each is for.
 *
 * Everything else is derived from here: the `Config` type, the checks, the JSON Schema for editors,
 * the reference in config/README.md and the names of the environment variables. A property is
 * optional here only if the program can do without a value; in the file every one can be left out.
 */
import { Type, type StaticDecode } from 'typebox'
import { accounts } from './sections/accounts-section.js'
import { cache } from './sections/cache.js'
import { consumers } from './sections/consumers.js'
import { limits } from './sections/limits.js'
import { log } from './sections/log.js'
import { notify } from './sections/notify.js'
import { server } from './sections/server.js'
import { store } from './sections/store-section.js'
import { upstream } from './sections/upstream.js'

/** The whole configuration. */
export const configSchema = Type.Object(
  { server, upstream, store, limits, cache, accounts, consumers, notify, log },
  { description: 'Settings of intervals-proxy.' },
)

/** Settings as the program uses them, frozen: durations in milliseconds, sizes in bytes. */
export type Config = DeepReadonly<StaticDecode<typeof configSchema>>

type DeepReadonly<Value> = Value extends object
  ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
  : Value
