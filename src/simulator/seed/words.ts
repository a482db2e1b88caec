/** Words for the data of a plausible agency. All names are invented. */
const phrases = (...lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => line.split(', '))

export const clientWords = phrases(
  'Harbour, Juniper, Northgate, Café, Oak & Stone, Millbrook, Saffron, Larkspur',
  'Granite, Bluebell, Copper, Zürich, Willow, Redwood, Summit, Orchard',
  'Lantern, Meridian, Foxglove, Castle',
)
export const clientKinds = phrases(
  'Foods, Dental, Hotels, Logistics, Architects, Wines, Opticians, Energy',
  'Law, Travel, Books, Robotics',
)
export const clientForms = ['Ltd', 'Inc.', 'GmbH', '& Sons', 'Group', 'plc'] as const
export const projectKinds = phrases(
  'Website, Rebranding, Online shop, Newsletter, Brochure "Spring", Mobile app',
  'Search campaign, Support & care, Intranet, Photo shoot, Annual report, Audit',
)
export const taskVerbs = phrases(
  'Design, Write, Review, Fix, Plan, Build, Test, Translate, Migrate',
  'Update, Prepare, Discuss',
)
export const taskThings = phrases(
  'the home page, copy for "About us", the contact form, checkout <v2>, the menu',
  'product photos, the newsletter, tracking / analytics, the style guide, the logo',
  "the client's feedback, the French résumé, the price list, accessibility, the API",
)
export const sentences = [
  'As agreed on the phone.',
  'See the brief & the sketches.\r\nDeadline is firm.',
  'Client says "as soon as possible".',
  'Second round of corrections.',
  'Works in all browsers but one.',
  'Files are under /projects/shared/2026.',
  'Café menu needs a crème brûlée photo.',
  '',
] as const
export const firstnames = phrases(
  'Olga, Pia, Quentin, Rosa, Sven, Tara, Udo, Vera, Wim, Xenia, Yann',
  'Zoë, Anton, Bea, Cyril, Doris, Egon, Frieda, Gero, Hilde',
)
export const lastnames = phrases(
  'Quast, Roth, Stein, Thal, Urban, Voss, Wolff, Yilmaz, Zander, Amsel',
  "Brandt, Conrad, Dietz, Ebert, D'Arcy, Garcia, Haas, Ivers, Jansen, Kuhn",
)
export const moduleNames = phrases(
  'Design, Development, Content, Consulting, Project management, Support, Print',
)
export const worktypeNames = [
  ['Consulting', '150.00'],
  ['Design', '110.00'],
  ['Programming', '125.00'],
  ['Editing', '85.00'],
  ['Administration', '0.00'],
] as const
