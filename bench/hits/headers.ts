/** Who asks in all parts that measure hits. */

export const AUTHORIZATION = `Basic ${Buffer.from('agencyadm01:X').toString('base64')}`
export const HEADERS = { accept: 'application/json', authorization: AUTHORIZATION } as const
