import t from 'tap'
import { BEFORE_THE_ANSWER } from './before-the-answer.js'
import { meetEach } from './every-way.js'

t.test('faults of the upstream: before it has answered', (t) => meetEach(t, BEFORE_THE_ANSWER))
