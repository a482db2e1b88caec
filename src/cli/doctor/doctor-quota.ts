/** Whether a token is good, and what Intervals counts for it: one call, through the proxy. */
import { parseQuota } from '../../limits/index.js'
import { fail, ok, warn, type Finding } from '../../report/doctor-finding.js'
import { CommandError } from '../context.js'
import { messageOf, send, type Target } from '../running-proxy.js'

const SUBJECT = 'quota'

/** Without a running proxy the call would not be counted, so it is not made. */
export async function checkQuota(
  target: Target,
  authorization: string | undefined,
): Promise<Finding> {
  if (authorization === undefined) {
    const how = 'with --credential env:NAME or file:PATH it is asked, which costs one call'
    return ok(SUBJECT, `not asked: ${how}`)
  }
  try {
    const { status, text } = await send(target, { path: '/quota/', headers: { authorization } })
    const quota = status === 200 ? parseQuota(text) : undefined
    if (quota !== undefined) {
      const { used, max } = quota
      const said = `Intervals takes the token, and counts ${used} of ${max} calls today (this cost one)`
      return used < max ? ok(SUBJECT, said) : warn(SUBJECT, `${said}: the day is spent`)
    }
    const reason = messageOf(text) ?? `status ${status}`
    if (status === 401) {
      return fail(
        SUBJECT,
        `the credential is not taken: ${reason}; compare it with My Account, API access`,
      )
    }
    return warn(SUBJECT, `not known: ${reason}`)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    return warn(
      SUBJECT,
      `not asked, since only a proxy that runs counts the call: ${error.message}`,
    )
  }
}
