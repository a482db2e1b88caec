import t from 'tap'
import { STRANGE_ANSWERS } from './strange-answers.js'
import { meetEach } from './every-way.js'

t.test('faults of the upstream: answers that are strange', (t) => meetEach(t, STRANGE_ANSWERS))
