// The faults of an upstream on requests for XML and on HEAD; the other ways are in npm test.
import t from 'tap'
import { meetEach } from './every-way.js'
import { TABLES } from './tables.js'
import { OTHER_FORMATS, WAYS } from './ways.js'

const ways = WAYS.filter(({ name }) => OTHER_FORMATS.includes(name))

for (const [name, faults] of TABLES) {
  t.test(`faults of the upstream in other formats: ${name}`, (t) => meetEach(t, faults, ways))
}
