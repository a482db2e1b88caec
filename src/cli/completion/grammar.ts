/**
 * What can be typed after a command, taken from its options as commander knows them. The scripts are
 * made once and hold all of it: a program that is started at each Tab would be felt.
 */
import type { Argument, Command, Option } from 'commander'
import { RESOURCE_NAMES } from '../../cache/index.js'
import { LOG_LEVELS } from '../../config/sections/log.js'

/** What comes after an option, or in the place of an argument. */
export type Value =
  | { readonly kind: 'none' }
  | { readonly kind: 'file' }
  | { readonly kind: 'directory' }
  /** One of these; of none nothing is known. */
  | { readonly kind: 'words'; readonly words: readonly string[] }

export interface Flag {
  /** With its dashes. */
  readonly long: string
  readonly short: string | undefined
  readonly summary: string
  readonly value: Value
}

export interface Grammar {
  readonly name: string
  readonly summary: string
  readonly flags: readonly Flag[]
  /** Of the first argument; the others are free text. */
  readonly argument: Value
}

/** By command and option. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  'purge --resource': RESOURCE_NAMES,
  'serve --log-level': LOG_LEVELS,
  'explain --accept': ['application/json', 'application/xml'],
  'explain --cache-control': ['no-cache', 'no-store', 'only-if-cached'],
}
const FILES: ReadonlySet<string> = new Set(['--config'])
const DIRECTORIES: ReadonlySet<string> = new Set(['--data-dir'])

const HELP: Flag = {
  long: '--help',
  short: '-h',
  summary: 'print this help',
  value: { kind: 'none' },
}

export function grammarOf(command: Command): Grammar {
  return {
    name: command.name(),
    summary: command.summary(),
    flags: [...command.options.map((option) => flagOf(command.name(), option)), HELP],
    argument: argumentOf(command.registeredArguments[0]),
  }
}

function flagOf(command: string, option: Option): Flag {
  const { long, short, description, required, optional } = option
  return {
    long: long ?? '',
    short,
    summary: description,
    value: required || optional ? valueOf(command, option) : { kind: 'none' },
  }
}

function valueOf(command: string, { long = '', argChoices, optional }: Option): Value {
  if (FILES.has(long)) return { kind: 'file' }
  if (DIRECTORIES.has(long)) return { kind: 'directory' }
  // A value that may be left out is that of a switch.
  const words = argChoices ?? WORDS[`${command} ${long}`] ?? (optional ? ['true', 'false'] : [])
  return { kind: 'words', words }
}

function argumentOf(argument: Argument | undefined): Value {
  if (argument === undefined) return { kind: 'none' }
  if (argument.name() === 'file') return { kind: 'file' }
  // `key` has one action so far.
  const words = argument.argChoices ?? (argument.name() === 'action' ? ['new'] : [])
  return { kind: 'words', words }
}
