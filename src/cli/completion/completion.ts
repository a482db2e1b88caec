/** `intervals-proxy completion SHELL`: prints a script that makes the shell complete these commands. */
import { Argument, Command } from 'commander'
import { bashScript } from './bash-script.js'
import { fishScript } from './fish-script.js'
import { grammarOf } from './grammar.js'
import { zshScript } from './zsh-script.js'
import { defineCommand, type Commands } from '../command.js'
import { EXIT, type Context, type ExitCode } from '../context.js'

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const
type Shell = keyof typeof SCRIPTS

export function define(command: Command): void {
  command.addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(Object.keys(SCRIPTS)))
  command.addHelpText(
    'after',
    `
bash, in ~/.bashrc:               source <(intervals-proxy completion bash)
zsh, in ~/.zshrc after compinit:  source <(intervals-proxy completion zsh)
fish, once:                       intervals-proxy completion fish > ~/.config/fish/completions/intervals-proxy.fish`,
  )
}

export async function run(
  command: Command,
  context: Context,
  commands: Commands,
): Promise<ExitCode> {
  // It was checked against the choices.
  const shell = command.args[0] as Shell
  const program = new Command('intervals-proxy')
  const defined: Command[] = []
  for (const [name, entry] of Object.entries(commands)) {
    defined.push((await defineCommand(program, name, { entry, context })).command)
  }
  context.out(SCRIPTS[shell](defined.map(grammarOf)).trimEnd())
  return EXIT.ok
}
