/**
 * The generations of one account, shared by replicas; see generations.ts. Beside them are the writes in
 * flight: until a write ends, only its own replica serves entries in its scope. If that replica dies, the
 * write counts as ended once it can no longer be in flight. So a replica that vanishes between a write's
 * effect and the note of its end leaves no outdated entry. After its end a write stays among them, as
 * settling, until `cache.writeSettle` has passed and its scope is raised again.
 *
 * Numbers begin at Redis' time and only rise. A Redis that was restarted, or lost its data, therefore gives
 * out higher numbers than before, which outdates every entry.
 *
 * KEYS: head gens open purges, all in the account's hash slot. ARGV: one JSON object.
 */

import { IDENTITY_LUA, redisScript } from '../connection/script.js'

export const FENCE_SCRIPT = redisScript(`${IDENTITY_LUA}
local head, gens, open, purges = unpack(KEYS)
local a = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local run = identity()
local present = redis.call('GET', head)
local knownRun, seq = string.match(present or '', '^(%w+)|(%d+)$')
if present and not knownRun then
  return redis.error_reply('FORMAT the generations are those of another version')
end
seq = tonumber(seq or 0)

local function text(n) return string.format('%.0f', n) end
local function raise(scope)
  seq = math.max(seq + 1, now * 100)
  if scope.names then
    for _, name in ipairs(scope.names) do redis.call('HSET', gens, name, text(seq)) end
  else
    redis.call('DEL', gens)
    redis.call('HSET', gens, '*', text(seq))
  end
end

if knownRun ~= run then
  redis.call('DEL', open, purges)
  raise({})
end
for _, id in ipairs(redis.call('HKEYS', open)) do
  local write = cjson.decode(redis.call('HGET', open, id))
  if write.untilMs <= now then
    redis.call('HDEL', open, id)
    raise(write)
  end
end

if a.op == 'open' then
  raise(a)
  redis.call('HSET', open, a.id, cjson.encode({ names = a.names, untilMs = now + a.ttlMs }))
elseif a.op == 'close' then
  raise(a)
  if a.ttlMs > 0 then
    local settling = { names = a.names, untilMs = now + a.ttlMs, settling = true }
    redis.call('HSET', open, a.id, cjson.encode(settling))
  else
    redis.call('HDEL', open, a.id)
  end
elseif a.op == 'purge' then
  seq = math.max(seq + 1, now * 100)
  redis.call('LPUSH', purges, cjson.encode({ seq = text(seq), selection = a.selection }))
  redis.call('LTRIM', purges, 0, a.maxPurges - 1)
end
local newHead = run .. '|' .. text(seq)
redis.call('SET', head, newHead)
return cjson.encode({ head = newHead, gens = redis.call('HGETALL', gens), now = text(now),
  open = redis.call('HGETALL', open), purges = redis.call('LRANGE', purges, 0, -1) })
`)
