/** Scripts of ours that Redis runs. They are apart from the client, which a proxy without Redis need not load. */

import { createHash } from 'node:crypto'

/** A script, and what it is known by. */
export interface RedisScript {
  readonly source: string
  readonly sha1: string
}

/**
 * Lua: who this server is, with its history. Another one may lack what was written last: a server that was
 * started anew has another run_id, and one that took the place of a master another replication id than the
 * master had. The latter matters where it gets the place back while nobody looked: a server that was never
 * promoted has no second id. \\w only. Two questions, because one for both sections takes longer.
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
