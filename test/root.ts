/**
 * What test files get as `tap`, put in its place when they are compiled: the test that they belong to. In a
 * process of its own that is tap's root; where files share a process, each has a test of its own.
 */
import root, { type Test } from 'tap'

let current: Test = root

export function enter(test: Test): void {
  current = test
}

function valueOf(name: string | symbol): unknown {
  const value: unknown = Reflect.get(current, name)
  return typeof value === 'function' ? (value.bind(current) as unknown) : value
}

export default new Proxy(root, {
  get: (_root, name) => valueOf(name),
  set: (_root, name, value) => Reflect.set(current, name, value),
})

/** For the files that import it by name. */
export const test: Test['test'] = (...args: readonly unknown[]) =>
  Reflect.apply(current.test, current, args) as ReturnType<Test['test']>
