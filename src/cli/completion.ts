/** `intervals-proxy completion SHELL`: what makes a shell complete these commands, to be sourced. */
import { Argument, Command } from 'commander'
import { bashScript } from './completion/bash.js'
import { fishScript } from './completion/fish.js'
import { grammarOf } from './completion/grammar.js'
import { zshScript } from './completion/zsh.js'
import { EXIT, type Context, type ExitCode } from './context.js'
import { COMMANDS, defineCommand } from './registry.js'

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

export async function run(command: Command, context: Context): Promise<ExitCode> {
  // It was checked against the choices.
  const shell = command.args[0] as Shell
  const program = new Command('intervals-proxy')
  const commands: Command[] = []
  for (const name of Object.keys(COMMANDS)) {
    commands.push((await defineCommand(program, name, context)).command)
  }
  context.out(SCRIPTS[shell](commands.map(grammarOf)).trimEnd())
  return EXIT.ok
}
