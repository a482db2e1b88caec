/**
 * Writes the files made from the schema: config/schema.json and the tables in config/README.md.
 * Run it from the root of the project, by `npm run generate`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { jsonSchema } from './json-schema.js'
import { withReference } from './reference.js'

writeFileSync('config/schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`)
writeFileSync('config/README.md', withReference(readFileSync('config/README.md', 'utf8')))
