/**
 * What is wrong with a file that is not YAML, in words that repeat nothing of the file: the parser's
 * own messages quote it, and the line may hold a secret.
 */
import type { ErrorCode } from 'yaml'

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS:
    'a value that starts with * names an anchor, and there is none of this name; put text in quotes',
  BAD_DQ_ESCAPE: 'unknown escape after \\ in double quotes; use single quotes',
  BAD_INDENT:
    'wrong indentation, or a bracket left open above; names of one section start in the same column',
  BAD_SCALAR_START: 'a value cannot start with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon in one line; put the value in quotes, or on a line below',
  MISSING_CHAR: 'something is missing here, such as a colon after a name or a closing quote',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing after a name, or this line is not indented enough',
  MULTIPLE_DOCS: 'a second document starts here; the configuration is one document',
  TAB_AS_INDENT: 'a tab; indent with spaces',
  TAG_RESOLVE_FAILED: 'a value that starts with ! is a tag, and this one is unknown; use quotes',
  UNEXPECTED_TOKEN: 'unexpected here; text with special characters belongs in quotes',
}

/** The sentence for a code of the `yaml` package. */
export function yamlErrorMessage(code: ErrorCode): string {
  return `not valid YAML: ${SENTENCES[code] ?? 'the parser stops here'}`
}
