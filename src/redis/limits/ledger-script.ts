/**
 * The ledger's arithmetic, all of it in one script, so that Redis does it as one step and on its own
 * clock. The replicas know nothing for sure; what they keep is for forecasts and for people.
 *
 * - A slot of the window is a member of a sorted set; its score is when it comes back (epoch
 *   milliseconds of Redis). Taken, that is the worst case: sent at the last moment, answered at the last
 *   moment, and a whole hold after that. Settled, it is the hold from now. So a replica that dies, or
 *   whose word is lost, costs time and never a request too many.
 * - `run` names the Redis process and its history. Another one, or an empty database, may have forgotten
 *   permits that are out: nothing leaves for as long as any of them could still count (the quarantine), and
 *   the day is asked of `/quota/` anew.
 * - Who waits with a more urgent request, or for a credential that got less lately, is noted for a second;
 *   others leave it the next slot.
 *
 * KEYS: meta slots out demand pauses days spent quota seeded, all in one hash slot. ARGV: one JSON object.
 */

import { IDENTITY_LUA, redisScript } from '../connection/script.js'
import { PAUSE_LUA } from './ledger-script-pauses.js'
import { SEED_LUA } from './ledger-script-seed.js'

/** Raised with every change of what is stored; a ledger of another format is not touched. */
export const LEDGER_FORMAT = '1'

export const LEDGER_SCRIPT = redisScript(`${IDENTITY_LUA}
local meta, slots, out, demand, pauses, days, spent, quota, seeded = unpack(KEYS)
local a = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('HGET', meta, 'now') or 0)
local wentBack = last - now > 1000
if now < last and not wentBack then now = last end
local format = redis.call('HGET', meta, 'format')
if format and format ~= a.format then
  return redis.error_reply('FORMAT the ledger has format ' .. format .. ', this version reads ' .. a.format)
end
redis.call('HSET', meta, 'now', string.format('%.0f', now))
local run = identity()
local known = redis.call('HGET', meta, 'run')
-- After an hour without any copy it forgets that it once took a place; we looked all the while.
local isSame = known and string.sub(known, 1, #run) == run
if not isSame or wentBack or a.op == 'distrust' then
  local isFirst = not known and a.trustsNew
  -- By a clock that is not the one now; the quarantine is longer than any of them.
  if known then redis.call('DEL', slots, out, demand) end
  -- What is told of before is counted against what is still there, see seed().
  redis.call('DEL', seeded)
  for prefix, key in pairs({ d = days, s = spent }) do
    local flat = redis.call('HGETALL', key)
    for i = 1, #flat, 2 do redis.call('HSET', seeded, prefix .. flat[i], flat[i + 1]) end
  end
  redis.call('HSET', meta, 'run', run, 'format', a.format, 'epoch', string.format('%.0f', now),
    'isLoss', isFirst and '0' or '1',
    'closedUntil', string.format('%.0f', isFirst and 0 or now + a.worstMs))
end
local epoch = redis.call('HGET', meta, 'epoch')
local isLoss = redis.call('HGET', meta, 'isLoss') == '1'
local closedUntil = tonumber(redis.call('HGET', meta, 'closedUntil'))

local function score(n) return string.format('%.0f', n) end
local function decoded(key, field)
  local text = redis.call('HGET', key, field)
  return text and cjson.decode(text) or nil
end

for _, key in ipairs({ slots, out }) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', score(now))
  -- No hold is that long: it was written by a clock that was ahead, before a quarantine.
  redis.call('ZREMRANGEBYSCORE', key, score(now + 2 * a.worstMs), '+inf')
end
local members = redis.call('ZRANGE', slots, 0, -1, 'WITHSCORES')
local held = #members / 2

local function ceiling()
  local lowered = tonumber(redis.call('HGET', meta, a.ceilingField) or 0)
  if lowered == 0 then return a.max end
  local since = tonumber(redis.call('HGET', meta, a.ceilingField .. ':at') or now)
  local regained = math.floor((now - since) / a.recoveryStepMs) * math.ceil(a.max / 20)
  return math.min(a.max, lowered + regained)
end

-- The same as verdict() in pause-rules.ts, on Redis' clock.
local function verdict(scope, chargesDay)
  local p = decoded(pauses, scope)
  if not p or (not chargesDay and p.reason == 'day-exceeded') then return 'open' end
  if p.untilMs == 'never' or now < p.untilMs then return 'paused', p end
  if p.probe and now < p.probe.sinceMs + a.probeTimeoutMs then return 'probing', p end
  return 'probe', p
end

local function field(account, day) return account .. '\\n' .. day end

local function usedOf(account, day, q)
  local own = tonumber(redis.call('HGET', days, field(account, day)) or 0)
  if q and q.day == day then return math.max(own, q.used + (own - q.settledAtAsk)) end
  return own
end

local function charge(account, dayList, consumer, by)
  for _, day in ipairs(dayList) do
    local f = field(account, day)
    local left = redis.call('HINCRBY', days, f, by)
    if left < 0 then redis.call('HSET', days, f, 0) end
    local who = f .. '\\n' .. consumer
    if by > 0 and redis.call('HEXISTS', spent, who) == 0 and redis.call('HLEN', spent) >= a.maxSpent then
      who = f .. '\\n(others)'
    end
    if redis.call('HINCRBY', spent, who, by) < 0 then redis.call('HSET', spent, who, 0) end
  end
end

-- Days that nobody can be charged to any more.
local function forget(oldest)
  if redis.call('HGET', meta, 'oldest') == oldest then return end
  redis.call('HSET', meta, 'oldest', oldest)
  for _, key in ipairs({ days, spent, seeded }) do
    for _, f in ipairs(redis.call('HKEYS', key)) do
      local day = string.match(f, '\\n(%d%d%d%d%-%d%d%-%d%d)')
      if day and day < oldest then redis.call('HDEL', key, f) end
    end
  end
end

local function take()
  -- Whoever asked has given up: Redis was stopped meanwhile, or the way here was long.
  if a.notAfter and now > a.notAfter then return { kind = 'late' } end
  for _, scope in ipairs(a.scopes) do
    local kind, p = verdict(scope, a.chargesDay)
    if kind == 'paused' then
      return { kind = 'paused', scope = scope, reason = p.reason, untilMs = p.untilMs, isProbed = false }
    elseif kind == 'probing' then
      return { kind = 'paused', scope = scope, reason = p.reason, isProbed = true,
        untilMs = p.probe.sinceMs + a.probeTimeoutMs }
    end
  end
  if now < closedUntil then return { kind = 'wait', untilMs = closedUntil } end

  if a.chargesDay then
    forget(a.oldestDay)
    local q = decoded(quota, a.account) or {}
    if (a.isAuto or isLoss) and q.epoch ~= epoch then
      if not q.askUntilMs or q.askEpoch ~= epoch then
        q.askUntilMs = now + a.askPatienceMs
        q.askEpoch = epoch
        redis.call('HSET', quota, a.account, cjson.encode(q))
      end
      if now < q.askUntilMs then return { kind = 'ask-quota', untilMs = q.askUntilMs } end
    end
    local room = (a.maxOfDay or q.max or a.maxWhileUnknown) - (q.reserve or 0)
    for _, day in ipairs(a.days) do
      local used = usedOf(a.account, day, q)
      if used >= room then
        -- What was under way when quota was read is counted twice: look again once nothing is.
        local isVague = q.day == day and q.takenAtAsk and q.takenAtAsk > q.settledAtAsk
        if isVague and redis.call('ZCARD', out) == 0 and now >= (q.quietUntilMs or 0) then
          return { kind = 'ask-quota', untilMs = now + a.askPatienceMs }
        end
        return { kind = 'day-spent', day = day }
      end
      if room - used - a.keptForOthers < 1 then return { kind = 'day-kept' } end
    end
  end

  local mine, ahead = 0, 0
  local got = {}
  for i = 1, #members, 2 do
    -- What was sent before this ledger began is nobody's.
    local who = string.match(members[i], '^[^|]*|[^|]*|([^|]*)') or ''
    got[who] = (got[who] or 0) + 1
  end
  mine = got[a.credential] or 0
  for _, other in ipairs(redis.call('HKEYS', demand)) do
    local d = decoded(demand, other)
    if d.untilMs <= now then
      redis.call('HDEL', demand, other)
    elseif other ~= a.replica then
      local theirs = got[d.credential] or 0
      if d.class < a.class or (d.class == a.class and theirs < mine) then ahead = ahead + 1 end
    end
  end
  local free = ceiling() - held
  if free <= ahead then
    redis.call('HSET', demand, a.replica, cjson.encode({ class = a.class, credential = a.credential,
      untilMs = now + a.demandMs }))
    if free > 0 then return { kind = 'wait', untilMs = now + 20 } end
    local nth = held - ceiling() + 1
    return { kind = 'wait', untilMs = tonumber(members[nth * 2] or now + a.worstMs) }
  end

  redis.call('HDEL', demand, a.replica)
  local member = a.permit .. '|' .. score(now) .. '|' .. a.credential .. '|' .. a.consumer
  local free_at = score(now + a.worstMs)
  redis.call('ZADD', slots, free_at, member)
  redis.call('ZADD', out, free_at, member)
  table.insert(members, member)
  table.insert(members, free_at)
  held = held + 1
  if a.chargesDay then charge(a.account, a.days, a.consumer, 1) end
  for _, scope in ipairs(a.scopes) do
    local kind, p = verdict(scope, a.chargesDay)
    if kind == 'probe' then
      p.probe = { permit = a.permit, sinceMs = now }
      redis.call('HSET', pauses, scope, cjson.encode(p))
    end
  end
  return { kind = 'permitted', member = member, takenAtMs = now }
end

local function settle()
  -- It may be told twice, if the first time nobody heard the answer.
  local isOut = redis.call('ZREM', out, a.member) == 1
  if a.ended == 'unsent' then
    redis.call('ZREM', slots, a.member)
    if isOut and a.epoch == epoch then charge(a.account, a.days, a.consumer, -1) end
  else
    -- Also where it is not there any more: the later of the two is the safe one.
    redis.call('ZADD', slots, score(now + a.holdMs), a.member)
    if isOut and a.epoch == epoch then
      charge(a.account, a.missedDays, a.consumer, 1)
      charge(a.account, a.surplusDays, a.consumer, -1)
    end
  end
  if a.ended ~= 'answered' then
    for _, scope in ipairs(a.scopes) do
      local p = decoded(pauses, scope)
      if p and p.probe and p.probe.permit == a.permit then
        p.probe = nil
        p.untilMs = now + 1000
        redis.call('HSET', pauses, scope, cjson.encode(p))
      end
    end
  end
  return { kind = 'done' }
end

${PAUSE_LUA}
local function learn()
  local q = decoded(quota, a.account) or {}
  if a.reading then
    q = a.reading
    q.readAtMs = now
    q.readEpoch = epoch
  end
  q.epoch = epoch
  q.quietUntilMs = now + a.quietMs
  redis.call('HSET', quota, a.account, cjson.encode(q))
  return { kind = 'done' }
end

-- An operator declared that nothing was sent before this epoch began.
local function endQuarantine()
  if a.epoch ~= epoch then return { kind = 'none' } end
  closedUntil = 0
  redis.call('HSET', meta, 'closedUntil', '0')
  return { kind = 'ended' }
end

${SEED_LUA}
local result
if a.op == 'take' then result = take()
elseif a.op == 'settle' then result = settle()
elseif a.op == 'accepted' then result = accepted()
elseif a.op == 'pause' then result = pause()
elseif a.op == 'resume' then result = { kind = redis.call('HDEL', pauses, a.scope) == 1 and 'ended' or 'none' }
elseif a.op == 'end-quarantine' then result = endQuarantine()
elseif a.op == 'learn' then result = learn()
elseif a.op == 'seed' then result = seed()
else result = { kind = 'state' } end

if a.op == 'settle' or a.op == 'seed' then members = redis.call('ZRANGE', slots, 0, -1, 'WITHSCORES') end
local state = { now = now, epoch = epoch, isLoss = isLoss, closedUntil = closedUntil, ceiling = ceiling(),
  slots = members, out = redis.call('ZRANGE', out, 0, -1), pauses = redis.call('HGETALL', pauses),
  days = redis.call('HGETALL', days), quota = redis.call('HGETALL', quota) }
if a.wantsSpent then state.spent = redis.call('HGETALL', spent) end
return cjson.encode({ result = result, state = state })
`)
