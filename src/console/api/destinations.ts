import { z } from 'zod'
import { eventWord } from '../../events/words.ts'
import { PLATFORMS } from '../../platforms/index.ts'
import { newId } from '../../workspaces/ids.ts'
import { Destination } from '../../workspaces/schema.ts'
import type { Access, ApiRouter, Ctx } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { parse } from '../fields.ts'
import { Refusal } from '../problem.ts'
import { type Collection, find, replaced, serveCollection } from './collection.ts'
import { defined, EVENT_EXPECTED } from './values.ts'
import { change } from './versions.ts'

const shape = Destination.shape
const Open = z.record(z.string(), z.json())
const Fields = z.strictObject({
  name: shape.name,
  /** Read by the platform's own schema below. */
  settings: Open,
  credentials: Open,
  sandbox: shape.sandbox,
  active: shape.active,
  send_unmatched: shape.send_unmatched,
  event_map: z.record(
    z.string().refine((word) => eventWord(word) === word, EVENT_EXPECTED),
    z.string().min(1).max(100).nullable(),
  ),
  min_click_age: shape.min_click_age.unwrap().max(720).nullable(),
  test_code: z.string().min(1).max(100).nullable(),
})
const Patch = Fields.partial()
const New = Patch.extend({ platform: shape.platform, name: Fields.shape.name, settings: Open, credentials: Open })
/** What the routes take. */
export const destinationBodies = { New, Patch }
const DEFAULTS = {
  sandbox: false,
  active: true,
  send_unmatched: false,
  event_map: {},
  min_click_age: null,
  test_code: null,
  resumed_at: null,
} as const

export function serveDestinations(router: ApiRouter, access: Access, deps: ConsoleDeps): void {
  const destinations: Collection<Destination> = {
    path: 'destinations',
    read: 'destinations.read',
    write: 'destinations.write',
    max: 200,
    items: (workspace) => workspace.destinations,
    put: (workspace, items) => ({ ...workspace, destinations: items }),
    show: showDestination,
    create(body, { workspace }) {
      const { platform, settings, credentials, ...rest } = parse(New, body)
      const id = newId('d')
      return {
        id,
        platform,
        ...DEFAULTS,
        ...defined(rest),
        settings: settingsOf(platform, settings),
        credentials: deps.seal(parse(PLATFORMS[platform].credentials, credentials, 'credentials'), workspace.id, id),
      }
    },
    patch(destination, body, { workspace }) {
      const { settings, credentials, ...rest } = parse(Patch, body)
      const { platform, id } = destination
      return {
        ...destination,
        ...defined(rest),
        ...(settings !== undefined && { settings: settingsOf(platform, settings) }),
        ...(credentials !== undefined && {
          credentials: deps.seal(parse(PLATFORMS[platform].credentials, credentials, 'credentials'), workspace.id, id),
        }),
      }
    },
    remove(destination, { rules }) {
      const users = rules.filter((rule) => rule.destination_ids.includes(destination.id)).map((rule) => rule.id)
      if (users.length > 0) throw new Refusal('conflict', `Rules still lead here: ${users.join(', ')}. Change or delete them first.`)
      return undefined
    },
  }
  serveCollection(router, access, deps, destinations)

  router.post('/destinations/:id/resume', async (ctx: Ctx) => {
    const asker = access.workspace(ctx, 'destinations.write')
    const workspace = await change(deps, ctx, asker, (current) =>
      destinations.put(current, replaced(current.destinations, { ...find(current.destinations, ctx.params.id), resumed_at: deps.nowMs() })),
    )
    ctx.body = showDestination(find(workspace.destinations, ctx.params.id))
  })
}

const settingsOf = (platform: Destination['platform'], settings: unknown): Destination['settings'] =>
  parse(PLATFORMS[platform].settings, settings, 'settings') as Destination['settings'] // every platform's settings are a JSON object

/** Credentials go in and never come out. */
function showDestination({ credentials: _, resumed_at, ...shown }: Destination) {
  return { ...shown, resumed_at: resumed_at === null ? null : new Date(resumed_at).toISOString() }
}
