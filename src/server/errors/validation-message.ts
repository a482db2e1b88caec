/** What the schema of a page under /-/ says of a request, in words. */

import type { FastifyError } from 'fastify'

type Finding = NonNullable<FastifyError['validation']>[number]

export function validationMessage({ validation, validationContext }: FastifyError): string {
  const [found] = validation ?? []
  const part = validationContext === 'querystring' ? 'the query' : 'the body'
  if (found === undefined) return `${part} is not what this page takes`
  const name = found.instancePath.replace('/', '')
  return `${name === '' ? part : `"${name}" in ${part}`} ${demand(found)}`
}

function demand({ keyword, params }: Finding): string {
  const { additionalProperty, missingProperty, allowedValues, type, limit } = params
  switch (keyword) {
    case 'additionalProperties':
      return `has "${String(additionalProperty)}", which this page does not know`
    case 'required':
      return `needs "${String(missingProperty)}"`
    case 'enum':
      return `must be one of ${[allowedValues].flat().join(', ')}`
    case 'type':
      return `must be ${[type].flat().join(' or ')}`
    case 'maxLength':
      return `may have ${String(limit)} characters at most`
    case 'minLength':
      return `must have ${String(limit)} characters at least`
    default:
      return 'has a value that this page does not take'
  }
}
