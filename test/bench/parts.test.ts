// Every part that can be asked for is one that can be run.

import t from 'tap'
import { parseBenchArguments } from '../../bench/arguments.js'
import { isPartName, PARTS, QUICK_PARTS } from '../../bench/parts.js'

t.test('what --quick runs are parts, each once', async (t) => {
  t.strictSame(
    QUICK_PARTS.filter((name) => !isPartName(name)),
    [],
  )
  t.equal(new Set(QUICK_PARTS).size, QUICK_PARTS.length)
})

t.test('each part is found by its name, and a name that objects have anyway is none', async (t) => {
  const known = { all: Object.keys(PARTS), quick: QUICK_PARTS }
  for (const name of known.all) {
    t.strictSame(parseBenchArguments([name], known).parts, [name])
  }
  t.notOk(isPartName('constructor'))
  t.throws(() => parseBenchArguments(['nothing'], known), /no part nothing/)
})
