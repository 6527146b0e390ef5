import { Redis } from 'ioredis'
import type { Exchange, Heard, Told } from './exchange.ts'

/** One hash a workspace: `l<second>` and `d<second>` are events let through and deferred, `b` and `bt` the backlog and the second it is
 *  of. KEYS: the hash. ARGV: now, events a minute, then second, live, deferred for each second told. Answers the backlog, then
 *  second, live, deferred for each second within the last 61. */
const SCRIPT = `
local now, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local added = 0
for i = 3, #ARGV, 3 do
  if tonumber(ARGV[i + 1]) > 0 then redis.call('HINCRBY', KEYS[1], 'l' .. ARGV[i], ARGV[i + 1]) end
  if tonumber(ARGV[i + 2]) > 0 then redis.call('HINCRBY', KEYS[1], 'd' .. ARGV[i], ARGV[i + 2]) end
  added = added + tonumber(ARGV[i + 2])
end
local all = redis.call('HGETALL', KEYS[1])
local live, deferred, seconds = {}, {}, {}
local backlog, at = 0, now
for i = 1, #all, 2 do
  local kind, second = string.sub(all[i], 1, 1), tonumber(string.sub(all[i], 2))
  if all[i] == 'b' then backlog = tonumber(all[i + 1])
  elseif all[i] == 'bt' then at = tonumber(all[i + 1])
  elseif second <= now - 61 then redis.call('HDEL', KEYS[1], all[i])
  else
    seconds[second] = true
    if kind == 'l' then live[second] = tonumber(all[i + 1]) else deferred[second] = tonumber(all[i + 1]) end
  end
end
backlog = math.max(0, backlog - math.max(0, now - at) * rate / 60) + added
local lasting = 120
if backlog > 0 then
  redis.call('HSET', KEYS[1], 'b', tostring(backlog), 'bt', tostring(math.max(now, at)))
  lasting = 120 + math.ceil(backlog * 60 / rate)
end
redis.call('EXPIRE', KEYS[1], lasting)
local answer = { tostring(backlog) }
for second in pairs(seconds) do
  answer[#answer + 1] = tostring(second)
  answer[#answer + 1] = tostring(live[second] or 0)
  answer[#answer + 1] = tostring(deferred[second] or 0)
end
return answer
`
/** Nobody waits for it, but what is told must not pile up. */
const ANSWER_WITHIN_MS = 500
const RECONNECT_MS = 250

type Counted = Redis & { postbackCounts(key: string, ...args: readonly (string | number)[]): Promise<readonly string[]> }

/** Counts shared through Redis or Valkey. It is never asked while a sender waits. `report` hears when it goes and comes. */
export function createRedisExchange(url: string, report: (level: 'info' | 'warn', fields: object, message: string) => void): Exchange {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: ANSWER_WITHIN_MS,
    connectTimeout: ANSWER_WITHIN_MS * 4,
    retryStrategy: () => RECONNECT_MS,
  })
  redis.defineCommand('postbackCounts', { numberOfKeys: 1, lua: SCRIPT })
  let isAway = false
  redis.on('ready', () => {
    if (isAway) report('info', {}, 'limit.redis_back')
    isAway = false
  })
  redis.on('error', (error: Error) => {
    if (!isAway) report('warn', { error: error.message }, 'limit.redis_away')
    isAway = true
  })
  return {
    tell: (now, told) => Promise.all(told.map((one) => ask(redis as Counted, now, one))), // the command is defined above
    async close() {
      redis.disconnect()
    },
  }
}

async function ask(redis: Counted, now: number, { workspaceId, perMinute, counted }: Told): Promise<Heard> {
  const [backlog, ...flat] = await redis.postbackCounts(`postback:limit:${workspaceId}`, now, perMinute, ...counted.flat())
  const totals: [number, number, number][] = []
  for (let at = 0; at + 2 < flat.length; at += 3) totals.push([Number(flat[at]), Number(flat[at + 1]), Number(flat[at + 2])])
  return { workspaceId, totals, backlog: Number(backlog) }
}
