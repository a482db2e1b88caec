/** Encodes text as PHP's htmlentities() does: Intervals encodes text even inside JSON, and clients decode it. */

/** The named entities of U+00A0 to U+00FF, in order. Source: HTML 4.01, section 24.2. */
const latin1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn ' +
  'sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave ' +
  'Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ' +
  'ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN ' +
  'szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute ' +
  'icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml ' +
  'yacute thorn yuml'

const names = new Map<string, string>([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#039;'],
  ['–', '&ndash;'],
  ['—', '&mdash;'],
  ['‘', '&lsquo;'],
  ['’', '&rsquo;'],
  ['“', '&ldquo;'],
  ['”', '&rdquo;'],
  ['…', '&hellip;'],
  ['€', '&euro;'],
])
for (const [offset, name] of latin1.split(' ').entries()) {
  names.set(String.fromCodePoint(0xa0 + offset), `&${name};`)
}

const special = /[&<>"'\u00a0-\u00ff–—‘’“”…€]/
const specials = new RegExp(special, 'g')

export function encodeEntities(text: string): string {
  if (!special.test(text)) return text
  return text.replaceAll(specials, (character) => names.get(character) ?? character)
}
