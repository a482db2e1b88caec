/**
 * Foreign text made safe for a terminal: a path or a name may contain escape sequences (also as the single
 * characters U+0080 to U+009F), or characters that change the direction of the text.
 */
export const printable = (text: string): string => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '�')
