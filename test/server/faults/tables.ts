import { BEFORE_THE_ANSWER } from './before-the-answer.js'
import { IN_THE_BODY } from './in-the-body.js'
import { IN_THE_HEADERS } from './in-the-headers.js'
import { STRANGE_ANSWERS } from './strange-answers.js'
import type { Fault } from './table.js'

export const TABLES: readonly (readonly [name: string, faults: readonly Fault[]])[] = [
  ['before the answer', BEFORE_THE_ANSWER],
  ['in the headers', IN_THE_HEADERS],
  ['in the body', IN_THE_BODY],
  ['strange answers', STRANGE_ANSWERS],
]
