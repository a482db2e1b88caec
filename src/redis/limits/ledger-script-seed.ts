/** Part of the script: what somebody knows of before, see ledger-seed.ts. It uses what ledger-script.ts defines. */

export const SEED_LUA = `
-- What was counted before; told by several, the highest counts. What was charged since is on top.
local function seed()
  for prefix, key in pairs({ d = days, s = spent }) do
    for _, known in ipairs(prefix == 'd' and a.days or a.spent) do
      local f, count = known[1], known[2]
      local more = count - tonumber(redis.call('HGET', seeded, prefix .. f) or 0)
      if more > 0 then
        redis.call('HSET', seeded, prefix .. f, count)
        redis.call('HINCRBY', key, f, more)
        local account, day = string.match(f, '^(.*)\\n(%d%d%d%d%-%d%d%-%d%d)$')
        local q = prefix == 'd' and account and decoded(quota, account)
        -- The upstream knew of those when it was asked.
        if q and q.day == day and q.readEpoch == epoch then
          q.settledAtAsk = q.settledAtAsk + more
          q.takenAtAsk = q.takenAtAsk + more
          redis.call('HSET', quota, account, cjson.encode(q))
        end
      end
    end
  end
  for _, known in ipairs(a.pauses) do
    local scope, p = known[1], known[2]
    if redis.call('HEXISTS', pauses, scope) == 0 then
      p.untilMs = p.leftMs == 'never' and 'never' or now + p.leftMs
      p.leftMs = nil
      redis.call('HSET', pauses, scope, cjson.encode(p))
    end
  end
  for _, known in ipairs(a.slots) do redis.call('ZADD', slots, score(now + known[2]), known[1]) end
  return { kind = 'done' }
end
`
