import t from 'tap'
import { STRANGE_ANSWERS } from './strange-answers.js'
import { meetEachOnEveryWay } from './every-way.js'

t.test('faults of the upstream: answers that are strange', (t) =>
  meetEachOnEveryWay(t, STRANGE_ANSWERS),
)
