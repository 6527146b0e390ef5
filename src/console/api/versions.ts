import type { Workspace } from '../../workspaces/schema.ts'
import type { Written } from '../../workspaces/write.ts'
import { type Asker, type Ctx, header } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { Refusal } from '../problem.ts'

export const setVersion = (ctx: Ctx, version: number): void => ctx.set('etag', `"${version}"`)

/** The version a change is based on: If-Match as an ETag of this API. Absent or `*`: whatever is in force. All objects of a
 *  workspace share its version. */
export function expectedVersion(ctx: Ctx): number | undefined {
  const given = header(ctx, 'if-match')?.trim()
  if (given === undefined || given === '*') return undefined
  const version = /^(?:W\/)?"(\d{1,15})"$/.exec(given)?.[1]
  if (version === undefined) throw new Refusal('conflict', 'If-Match is not an ETag of this API. Read the object again.')
  return Number(version)
}

/** Makes a change to the asker's workspace under If-Match and sets the new ETag. */
export async function change(
  deps: Pick<ConsoleDeps, 'writer'>,
  ctx: Ctx,
  asker: Asker,
  make: (workspace: Workspace) => Workspace,
): Promise<Workspace> {
  const written = await deps.writer.update(asker.workspace.id, asker.by, expectedVersion(ctx), make)
  return accepted(ctx, written)
}

/** The workspace as it was written. Throws what an unwritten one means. */
export function accepted(ctx: Ctx, written: Written): Workspace {
  switch (written.kind) {
    case 'written':
      setVersion(ctx, written.version)
      return written.workspace
    case 'conflict':
      throw new Refusal('conflict', undefined, {}, { etag: `"${written.version}"` })
    case 'absent':
      throw new Refusal('not_found')
    case 'unavailable':
      throw new Refusal(
        'overloaded',
        'The change was not confirmed in time. Read the object again before repeating it.',
        {},
        { 'retry-after': '1' },
      )
  }
}
