/**
 * Names that a person gives: of accounts and of consumers. No dot, for it parts the keys of settings; no
 * underscore in front, for `__proto__` would be one.
 */
export const GIVEN_NAME = '^[A-Za-z0-9][A-Za-z0-9_@:-]{0,63}$'

/** What a given name has to be, to be put after "expected". */
export const GIVEN_NAME_EXPECTED =
  'a name of 1 to 64 letters, digits, _, @, : or -, a letter or digit first'
