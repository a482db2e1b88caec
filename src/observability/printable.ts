/**
 * Text of others, fit for a terminal: a path or a name may hold what a terminal obeys (escape
 * sequences, also as the single characters U+0080 to U+009F) or what turns its lines around.
 */
export const printable = (text: string): string => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '�')
