import t from 'tap'
import { IN_THE_HEADERS } from './in-the-headers.js'
import { meetEach } from './every-way.js'

t.test('faults of the upstream: in the headers', (t) => meetEach(t, IN_THE_HEADERS))
