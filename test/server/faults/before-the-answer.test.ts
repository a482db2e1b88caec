import t from 'tap'
import { BEFORE_THE_ANSWER } from './before-the-answer.js'
import { meetEachOnEveryWay } from './every-way.js'

t.test('faults of the upstream: before it has answered', (t) =>
  meetEachOnEveryWay(t, BEFORE_THE_ANSWER),
)
