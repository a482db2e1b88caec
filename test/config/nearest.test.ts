import t from 'tap'
import { nearest, nearestKey } from '../../src/config/nearest.js'

t.test('finds what was meant', async (t) => {
  const names = ['port', 'host', 'maxWait', 'maxLength']
  t.equal(nearest('prot', names), 'port')
  t.equal(nearest('Hosts', names), 'host')
  t.equal(nearest('max-wait', names), 'maxWait')
  t.equal(nearest('maxLenght', names), 'maxLength')
})

t.test('says nothing rather than nonsense', async (t) => {
  t.equal(nearest('level', ['port', 'host']), undefined)
  t.equal(nearest('', ['port']), undefined)
})

t.test('prefers the section, then the same name elsewhere', async (t) => {
  const keys = ['a', 'a.host', 'a.port', 'b', 'b.hosts', 'b.url']
  t.equal(nearestKey('b.host', keys), 'b.hosts')
  t.equal(nearestKey('url', keys), 'b.url')
  t.equal(nearestKey('a.url', keys), 'b.url')
  t.equal(nearestKey('c.port', keys), 'a.port')
})
