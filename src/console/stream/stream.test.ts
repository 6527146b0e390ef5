import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openConsole } from '../../../test/support/console-in-memory.ts'
import type { ListedEvent } from '../../store/listed-event.ts'
import { createHub } from './hub.ts'

const changed = (id: string, status = 'received') => ({ postback_id: id, status }) as ListedEvent
const soon = () => new Promise((done) => setTimeout(done, 5))

/** A store that answers each reader from its own list of pages, and tells who read since when. */
function store(pages: Record<'live' | 'past', ListedEvent[][]>) {
  const followers: number[] = []
  let isLiveOpen = false
  return {
    followers,
    follow(_workspaceId: string, sinceMs: number) {
      followers.push(sinceMs)
      const own = isLiveOpen ? pages.past : pages.live
      isLiveOpen = true
      return { next: async () => own.shift() ?? [] }
    },
  }
}

test('many watchers cost one reader, and the last one ends it', async () => {
  const pages = { live: [[changed('a')]], past: [] }
  const reads = store(pages)
  const hub = createHub({ reads, nowMs: () => 50_000, everyMs: 1, onError: () => undefined })
  const heard: string[] = []
  const leaves = ['one', 'two'].map((name) => hub.join('w1', undefined, ({ items }) => heard.push(`${name} ${items[0]?.postback_id}`)))
  await vi.waitFor(() => expect(heard).toEqual(['one a', 'two a']))
  expect(reads.followers).toEqual([40_000])
  for (const leave of leaves) leave()
  expect(hub.followed).toBe(0)
  pages.live.push([changed('b')])
  await soon()
  expect(heard).toHaveLength(2)
})

test('who comes back hears the past first, and only then what is new', async () => {
  const past = Promise.withResolvers<void>()
  const pages = { live: [[changed('a', 'matched')]], past: [[changed('a', 'held')], [changed('b', 'held')]] }
  const reads = store(pages)
  const slow: typeof reads.follow = (workspaceId, sinceMs) => {
    const follower = reads.follow(workspaceId, sinceMs)
    return reads.followers.length === 1 ? follower : { next: () => past.promise.then(() => follower.next()) }
  }
  const hub = createHub({ reads: { follow: slow }, nowMs: () => 50_000, everyMs: 1, onError: () => undefined })
  const heard: string[] = []
  const leave = hub.join('w1', 30_000, ({ items }) => heard.push(...items.map((item) => `${item.postback_id} ${item.status}`)))
  await soon()
  expect(heard).toEqual([])
  past.resolve()
  await vi.waitFor(() => expect(heard).toEqual(['a held', 'b held', 'a matched']))
  expect(reads.followers).toEqual([40_000, 20_000])
  leave()
})

test('a reader that fails is told of and tries again', async () => {
  const errors: unknown[] = []
  let calls = 0
  const follow = () => ({
    next: async () => {
      calls += 1
      if (calls === 1) throw new Error('away')
      return calls === 2 ? [changed('a')] : []
    },
  })
  const hub = createHub({ reads: { follow }, nowMs: () => 0, everyMs: 1, onError: (error) => errors.push(error) })
  const heard: string[] = []
  const leave = hub.join('w1', undefined, ({ items }) => heard.push(...items.map((item) => item.postback_id)))
  await vi.waitFor(() => expect([errors.length, heard]).toEqual([1, ['a']]))
  leave()
})

let at: Awaited<ReturnType<typeof openConsole>>
beforeEach(async () => {
  at = await openConsole()
})
afterEach(() => at.end())

async function listen(headers: Record<string, string>) {
  const response = await fetch(`${at.url}/api/v1/postback/events/stream`, { headers })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const until = async (wanted: RegExp): Promise<string> => {
    while (!wanted.test(text)) {
      const { value, done } = (await reader?.read()) ?? { done: true, value: '' }
      if (done) return `${text}<closed>`
      text += value
    }
    return text
  }
  return { response, until }
}

test('the stream tells what changes in one’s own workspace', async () => {
  const [own, other] = [await at.createWorkspace(), await at.createWorkspace()]
  at.told.changes.set(other.id, [changed('foreign')])
  at.told.changes.set(own.id, [changed('mine')])
  const { response, until } = await listen({ authorization: `Bearer ${own.api_key}` })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(await until(/mine/)).toMatch(/event: changed\nid: \d{13}\ndata: \[\{"postback_id":"mine"/)
  expect(at.told.changes.get(other.id)).toHaveLength(1)
})

test('the stream ends with its session', async () => {
  const cookie = await at.signIn(await at.createWorkspace())
  const { until } = await listen({ cookie })
  await until(/retry/)
  await at.call('DELETE', '/api/v1/session', { cookie })
  expect(await until(/<never>/)).toContain('event: ended')
})

test('no stream without a key', async () => {
  expect((await listen({})).response.status).toBe(401)
})
