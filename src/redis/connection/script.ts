/** Scripts that Redis runs. Apart from the client library, which a proxy without Redis does not load. */

import { createHash } from 'node:crypto'

/** A script with its hash. */
export interface RedisScript {
  readonly source: string
  readonly sha1: string
}

/**
 * Lua: identifies this server and its history, because another server may lack the last writes. A server
 * that was restarted has another run_id; a promoted replica has another replication id than its master had.
 * The latter matters where a master gets its place back unnoticed: a server that was never promoted has no
 * second id. \\w only. Two calls, because one call for both sections takes longer.
 */
export const IDENTITY_LUA = `
local function identity()
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  local info = redis.call('INFO', 'replication')
  local before = string.match(info, 'master_replid2:(%w+)')
  if not before or before == string.rep('0', 40) then return run end
  return run .. string.match(info, 'master_replid:(%w+)')
end
`

export const redisScript = (source: string): RedisScript => ({
  source,
  sha1: createHash('sha1').update(source).digest('hex'),
})
