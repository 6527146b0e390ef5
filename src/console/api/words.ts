import { z } from 'zod'
import { readJson } from '../body.ts'
import type { Access, ApiRouter, Ctx } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { parse } from '../fields.ts'
import { Refusal } from '../problem.ts'
import { type Cursor, REREAD_WITHIN_MS, reread } from '../reread.ts'
import { find } from './collection.ts'

const CursorText = z.tuple([z.int().nonnegative(), z.guid()])
/** `cursor`: `next_cursor` of the call before. */
export const RereadBody = z.strictObject({
  cursor: z
    .string()
    .refine((text) => cursorOf(text) !== undefined, 'next_cursor of the call before')
    .optional(),
})

/** Words of a source that have no meaning yet, and what becomes of the postbacks that are kept for them once they have one. */
export function serveWords(router: ApiRouter, access: Access, deps: ConsoleDeps): void {
  router.get('/sources/:id/words', async (ctx: Ctx) => {
    const { workspace } = access.workspace(ctx, 'sources.read')
    const source = find(workspace.sources, ctx.params.id)
    ctx.body = { items: await deps.reads.unmappedWords(workspace.id, source.id, deps.nowMs() - REREAD_WITHIN_MS), next_cursor: null }
  })
  router.post('/sources/:id/reread', async (ctx: Ctx) => {
    const { workspace } = access.workspace(ctx, 'sources.write')
    const source = find(workspace.sources, ctx.params.id)
    if (source.kind !== 'tracker') throw new Refusal('conflict', 'A backend is refused at once for a word nobody knows, and sends again.')
    const { cursor } = parse(RereadBody, await readJson(ctx))
    const { next, ...counts } = await reread(deps.reread, workspace.id, source, cursor === undefined ? undefined : cursorOf(cursor))
    ctx.body = { ...counts, next_cursor: next === null ? null : Buffer.from(JSON.stringify(next)).toString('base64url') }
  })
}

function cursorOf(text: string): Cursor | undefined {
  try {
    return CursorText.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
  } catch {
    return undefined
  }
}
