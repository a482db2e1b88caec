import { Type } from 'typebox'
import { integerOrAuto, list } from '../setting.js'
import { GIVEN_NAME } from './names.js'

/** A secret that is not written down: its hash, or where it lies. */
export const SECRET_REFERENCE = '^(sha256:[0-9a-f]{64}|file:.+|env:[A-Za-z_][A-Za-z0-9_]*)$'

const account = Type.Object(
  {
    plan: Type.Optional(
      integerOrAuto(
        {
          description: 'Requests a day that Intervals allows this account; auto asks /quota/.',
          unset: 'limits.day.max',
        },
        { minimum: 1, maximum: 100_000_000 },
      ),
    ),
    tokens: Type.Optional(
      list(
        {
          description:
            'The Intervals tokens of this account that consumers may send themselves, each as sha256:HEX, file:PATH or env:NAME.',
          unset: 'none: only consumers with a key use the account',
          secret: true,
        },
        {
          pattern: SECRET_REFERENCE,
          expected: 'a list of sha256:HEX (64 digits), file:PATH or env:NAME',
          maxItems: 1_000,
        },
      ),
    ),
  },
  { description: 'One account at Intervals: its plan, and the tokens that belong to it.' },
)

/** One account for all tokens, the safe reading while none are configured. */
export const DEFAULT_ACCOUNT = 'default'

/** The section `accounts`. */
export const accounts = Type.Record(Type.String({ pattern: GIVEN_NAME }), account, {
  description:
    'The Intervals accounts, by a name of your choice. With none there is one account, and every token belongs to it.',
})
