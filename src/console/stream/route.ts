import { PassThrough } from 'node:stream'
import { type Access, type ApiRouter, type Ctx, header } from '../context.ts'
import { Refusal } from '../problem.ts'
import type { Hub } from './hub.ts'

const HEARTBEAT_MS = 15_000
/** How often an open stream asks whether its session or key still opens it. */
const CHECK_MS = 2_000
const STREAMS_MAX_PER_WORKSPACE = 50
/** A reader that is so far behind is cut off; it comes back and resumes. */
const BEHIND_MAX_BYTES = 2_000_000
const RETRY_MS = 1_000

/** Server-sent events: `event: changed`, `data` a list of events as in lists, `id` the instant to resume from. */
export function serveStream(router: ApiRouter, access: Access, deps: { readonly hub: Hub; readonly closing: AbortSignal }): void {
  const open = new Map<string, number>()

  router.get('/postback/events/stream', (ctx: Ctx) => {
    const { workspace } = access.workspace(ctx, 'events.read')
    const count = open.get(workspace.id) ?? 0
    if (count >= STREAMS_MAX_PER_WORKSPACE)
      throw new Refusal('rate_limited', 'Too many streams are open. Close one.', {}, { 'retry-after': '15' })
    open.set(workspace.id, count + 1)

    const stream = new PassThrough()
    const write = (text: string): void => {
      if (stream.writableLength > BEHIND_MAX_BYTES) stream.end()
      else if (!stream.writableEnded) stream.write(text)
    }
    const leave = deps.hub.join(workspace.id, resumeFrom(ctx), ({ atMs, items }) =>
      write(`event: changed\nid: ${atMs}\ndata: ${JSON.stringify(items)}\n\n`),
    )
    const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS)
    const check = setInterval(() => {
      if (!stillOpens(access, ctx, workspace.id)) stream.end('event: ended\ndata: {}\n\n')
    }, CHECK_MS)
    const end = (): void => {
      stream.end()
    }
    deps.closing.addEventListener('abort', end, { once: true })
    ctx.res.once('close', end)
    stream.once('close', () => {
      clearInterval(heartbeat)
      clearInterval(check)
      leave()
      deps.closing.removeEventListener('abort', end)
      open.set(workspace.id, (open.get(workspace.id) ?? 1) - 1)
    })

    ctx.set({ 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
    write(`retry: ${RETRY_MS}\n\n`)
    ctx.body = stream
  })
}

function resumeFrom(ctx: Ctx): number | undefined {
  const id = header(ctx, 'last-event-id')
  return id !== undefined && /^\d{1,15}$/.test(id) ? Number(id) : undefined
}

function stillOpens(access: Access, ctx: Ctx, workspaceId: string): boolean {
  try {
    return access.workspace(ctx, 'events.read').workspace.id === workspaceId
  } catch {
    return false
  }
}
