/** The examples in other languages than JavaScript, where their interpreter is there. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  examplesIn,
  isLeftOut,
  missingIn,
  nameOf,
  PAGES,
  type Example,
  type Language,
} from './example.js'
import { commandPath, openSurroundings } from './surroundings.js'

interface Interpreter {
  /** The first of these that can do it is taken. */
  readonly commands: readonly string[]
  readonly file: string
  /** Exits with 0 if the interpreter has what the examples use. */
  readonly probe: readonly string[]
  /** How to get it, on Debian. */
  readonly get: string
}

const INTERPRETERS: Partial<Record<Language, Interpreter>> = {
  python: {
    commands: ['python3', '/usr/bin/python3'],
    file: 'example.py',
    probe: ['-c', 'import requests'],
    get: 'apt-get install python3-requests',
  },
  ruby: { commands: ['ruby'], file: 'example.rb', probe: ['-e', ''], get: 'apt-get install ruby' },
  php: {
    commands: ['php'],
    file: 'example.php',
    probe: ['-r', ''],
    get: 'apt-get install php-cli',
  },
  powershell: {
    commands: ['pwsh'],
    file: 'example.ps1',
    probe: ['-Command', 'exit 0'],
    get: 'https://aka.ms/powershell',
  },
}

const examples = PAGES.flatMap(examplesIn).filter((example) => !isLeftOut(example))

for (const [language, { commands, file, probe, get }] of Object.entries(INTERPRETERS)) {
  const ofIt = examples.filter((example) => example.language === language)
  t.test(language, async (t) => {
    t.not(ofIt.length, 0)
    const place = await openSurroundings()
    t.teardown(() => place.close())
    for (const name of commands) {
      const command = commandPath(name)
      if (command === undefined || (await place.run(command, probe)).code !== 0) continue
      for (const example of ofIt) await check(command, example)
      return
    }
    t.pass(language, { skip: `needs ${commands[0]}: ${get}` })

    async function check(command: string, example: Example): Promise<void> {
      writeFileSync(join(place.dir, file), place.here(example.text))
      const { code, out, err } = await place.run(command, [file])
      t.equal(code, 0, `${nameOf(example)} ${err}`)
      t.match(out, /\b100\b/u, 'so many projects were asked for')
      t.equal(missingIn(out, example), undefined, out)
    }
  })
}
