/** Part of the script: how pauses begin and end. It uses what ledger-script.ts defines. */

export const PAUSE_LUA = `
local function accepted()
  for _, scope in ipairs(a.scopes) do
    local p = decoded(pauses, scope)
    if p and p.probe and p.probe.permit == a.permit then redis.call('HDEL', pauses, scope) end
  end
  return { kind = 'done' }
end

-- The same as pauseAfter() in pause-rules.ts, on Redis' clock.
local function pause()
  local current = decoded(pauses, a.scope)
  if current then
    local isRunning = current.untilMs == 'never' or current.untilMs > now
    local outranked = current.untilMs == 'never' or not a.forPerson
    if isRunning and outranked and not current.probe then return { kind = 'known' } end
  end
  local strikes = (current and current.strikes or 0) + 1
  local duration = 'never'
  if not a.forPerson then
    local doublings = a.reason == 'too-fast' and math.min(strikes - 1, 5) or 0
    duration = a.holdMs * 2 ^ doublings
    if a.maxHoldMs then duration = math.min(duration, a.maxHoldMs) end
  end
  redis.call('HSET', pauses, a.scope, cjson.encode({
    reason = a.reason, sinceMs = now, strikes = strikes, detail = a.detail, durationMs = duration,
    untilMs = duration == 'never' and 'never' or now + duration }))
  if a.reason == 'too-fast' then
    local lowered = math.max(math.ceil(a.max / 10), math.floor(ceiling() * 0.75))
    redis.call('HSET', meta, a.ceilingField, lowered, a.ceilingField .. ':at', score(now))
  end
  return { kind = 'began' }
end
`
