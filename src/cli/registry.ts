/**
 * Which commands there are; one line installs each. Only the file of the requested command is loaded, so
 * `--help` answers at once.
 */
import type { Commands } from './command.js'

export const COMMANDS: Commands = {
  serve: { summary: 'start the proxy (default)', load: () => import('./serve-command.js') },
  simulate: {
    summary: 'start a simulated Intervals API, to try things and for the tests of your own app',
    load: () => import('../simulator/cli/simulate.js'),
  },
  'check-config': {
    summary: 'read the configuration as serve would, and say everything that is wrong with it',
    load: () => import('./check-config.js'),
  },
  status: {
    summary: 'show the budgets, the queue and the cache of a running proxy',
    load: () => import('./status-command.js'),
  },
  purge: {
    summary: 'drop answers from the cache of a running proxy',
    load: () => import('./purge.js'),
  },
  explain: {
    summary: 'say what would happen to a GET, and why, without spending a request',
    load: () => import('./explain-command.js'),
  },
  advise: {
    summary: 'suggest a ttl for each resource, by the changes that a running proxy has seen',
    load: () => import('./advise-command.js'),
  },
  key: {
    summary: 'make a key for a consumer ("key new NAME"), or list the keys ("key list")',
    load: () => import('./key-command.js'),
  },
  pause: {
    summary: 'let nothing out of a running proxy until it is resumed; stored answers go on',
    load: () => import('./pause.js'),
  },
  resume: {
    summary: 'end the pauses of a running proxy',
    load: () => import('./resume.js'),
  },
  doctor: {
    summary: 'check the configuration, the data directory, the proxy and the way to Intervals',
    load: () => import('./doctor/doctor.js'),
  },
  completion: {
    summary: 'print what makes bash, zsh or fish complete these commands',
    load: () => import('./completion/completion.js'),
  },
}
