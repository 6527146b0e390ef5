import type { Workspace } from '../../workspaces/schema.ts'
import type { Operation } from '../access/operations.ts'
import { readJson } from '../body.ts'
import type { Access, ApiRouter, Asker, Ctx } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { invalid, Refusal } from '../problem.ts'
import { change, setVersion } from './versions.ts'

type Item = { readonly id: string }

/** A list inside of a workspace that is served as `/<path>` and `/<path>/{id}`. */
export type Collection<T extends Item> = {
  readonly path: string
  readonly read: Operation
  readonly write: Operation
  items(workspace: Workspace): readonly T[]
  put(workspace: Workspace, items: T[]): Workspace
  show(item: T, asker: Asker): unknown
  /** A new item out of a body; throws Refusal. It is called before the log is asked, so it may mint an id. */
  create(body: unknown, asker: Asker): T
  /** The item with what the body changes; throws Refusal. */
  patch(item: T, body: unknown, asker: Asker): T
  /** What becomes of a deleted item: undefined takes it out of the list. Throws Refusal while others need it. */
  remove(item: T, workspace: Workspace): T | undefined
  /** Where the body asks the item to stand in the list. */
  position?(body: unknown): number | undefined
  /** How many there may be. */
  readonly max: number
  /** Checks what only the whole workspace can tell; throws Refusal. */
  check?(item: T, workspace: Workspace): void
}

/** GET, POST, PATCH and DELETE of a collection, with ETag and If-Match. */
export function serveCollection<T extends Item>(
  router: ApiRouter,
  access: Access,
  deps: Pick<ConsoleDeps, 'writer' | 'workspaces'>,
  collection: Collection<T>,
): void {
  const { path, items, put, show } = collection
  const one = (workspace: Workspace, id: string | undefined): T => find(items(workspace), id)
  const version = (ctx: Ctx, asker: Asker): void => setVersion(ctx, deps.workspaces.version(asker.workspace.id))

  router.get(`/${path}`, (ctx: Ctx) => {
    const asker = access.workspace(ctx, collection.read)
    version(ctx, asker)
    ctx.body = { items: items(asker.workspace).map((item) => show(item, asker)), next_cursor: null }
  })
  router.get(`/${path}/:id`, (ctx: Ctx) => {
    const asker = access.workspace(ctx, collection.read)
    version(ctx, asker)
    ctx.body = show(one(asker.workspace, ctx.params.id), asker)
  })
  router.post(`/${path}`, async (ctx: Ctx) => {
    const asker = access.workspace(ctx, collection.write)
    const body = await readJson(ctx)
    const item = collection.create(body, asker)
    await change(deps, ctx, asker, (workspace) => {
      const count = items(workspace).length + 1
      if (count > collection.max) throw invalid([{ param: path, sent: String(count), expected: `at most ${collection.max}` }])
      collection.check?.(item, workspace)
      return put(workspace, placed([...items(workspace)], item, collection.position?.(body)))
    })
    ctx.status = 201
    ctx.set('location', `/api/v1/${path}/${item.id}`)
    ctx.body = show(item, asker)
  })
  router.patch(`/${path}/:id`, async (ctx: Ctx) => {
    const asker = access.workspace(ctx, collection.write)
    const body = await readJson(ctx)
    const workspace = await change(deps, ctx, asker, (current) => {
      const item = collection.patch(one(current, ctx.params.id), body, asker)
      collection.check?.(item, current)
      const position = collection.position?.(body)
      if (position === undefined) return put(current, replaced(items(current), item))
      return put(
        current,
        placed(
          items(current).filter(({ id }) => id !== item.id),
          item,
          position,
        ),
      )
    })
    ctx.body = show(one(workspace, ctx.params.id), asker)
  })
  router.delete(`/${path}/:id`, async (ctx: Ctx) => {
    const asker = access.workspace(ctx, collection.write)
    await change(deps, ctx, asker, (current) => {
      const item = one(current, ctx.params.id)
      const left = collection.remove(item, current)
      return put(current, left === undefined ? items(current).filter(({ id }) => id !== item.id) : replaced(items(current), left))
    })
    ctx.status = 204
  })
}

/** Another workspace's object is as unknown as one that does not exist. */
export function find<T extends Item>(items: readonly T[], id: string | undefined): T {
  const item = items.find((candidate) => candidate.id === id)
  if (item === undefined) throw new Refusal('not_found')
  return item
}

export const replaced = <T extends Item>(items: readonly T[], item: T): T[] => items.map((old) => (old.id === item.id ? item : old))

const placed = <T extends Item>(items: T[], item: T, position = items.length): T[] => items.toSpliced(position, 0, item)
