/** For fish: a file in `~/.config/fish/completions`, or sourced. */
import { DEFAULT_COMMAND } from '../command.js'
import type { Flag, Grammar, Value } from './grammar.js'

export function fishScript(commands: readonly Grammar[]): string {
  const names = commands.map(({ name }) => name)
  const others = names.filter((name) => name !== DEFAULT_COMMAND)
  // Without a name of a command it is the default one.
  const conditionOf = (name: string): string =>
    name === DEFAULT_COMMAND
      ? `not __fish_seen_subcommand_from ${others.join(' ')}`
      : `__fish_seen_subcommand_from ${name}`
  const line = (condition: string, rest: string): string =>
    `complete -c intervals-proxy -n '${condition}' ${rest}`
  const none = `not __fish_seen_subcommand_from ${names.join(' ')}`
  return [
    '# Completion of intervals-proxy for fish:',
    '# intervals-proxy completion fish > ~/.config/fish/completions/intervals-proxy.fish',
    'complete -c intervals-proxy -f',
    ...commands.map(({ name, summary }) => line(none, `-a ${name} -d ${quoted(summary)}`)),
    ...commands.flatMap(({ name, flags, argument }) => [
      ...flags.map((flag) => line(conditionOf(name), flagOf(flag))),
      ...valueOf(argument).map((value) => line(conditionOf(name), value)),
    ]),
    '',
  ].join('\n')
}

function flagOf({ long, short, summary, value }: Flag): string {
  const parts = [
    `-l ${long.slice(2)}`,
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-d ${quoted(summary)}`,
    ...(value.kind === 'none' ? [] : [value.kind === 'words' ? '-x' : '-r']),
    ...valueOf(value),
  ]
  return parts.join(' ')
}

function valueOf(value: Value): string[] {
  switch (value.kind) {
    case 'none':
      return []
    case 'file':
      return ['-F']
    case 'directory':
      return [`-a '(__fish_complete_directories)'`]
    case 'words':
      return value.words.length === 0 ? [] : [`-a ${quoted(value.words.join(' '))}`]
    default:
      return value satisfies never
  }
}

const quoted = (text: string): string => `'${text.replaceAll(/['\\]/gu, String.raw`\$&`)}'`
