import t from 'tap'
import { IN_THE_BODY } from './in-the-body.js'
import { meetEach } from './every-way.js'

t.test('faults of the upstream: in the body', (t) => meetEach(t, IN_THE_BODY))
