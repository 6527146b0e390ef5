import { z } from 'zod'
import { sourceUrls } from '../../api/config.ts'
import { isInForce } from '../../api/key-state.ts'
import { currencyCode } from '../../events/currencies.ts'
import { eventWord } from '../../events/words.ts'
import { newId } from '../../workspaces/ids.ts'
import { type KeyVersion, Source } from '../../workspaces/schema.ts'
import { may } from '../access/operations.ts'
import { readJson } from '../body.ts'
import type { Access, ApiRouter, Asker, Ctx } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { parse } from '../fields.ts'
import { invalid, Refusal } from '../problem.ts'
import { type Collection, find, replaced, serveCollection } from './collection.ts'
import { isTimeZone, TIME_ZONE_EXPECTED } from './time-zones.ts'
import { COUNTRY_EXPECTED, defined, EVENT_EXPECTED, isCountry } from './values.ts'
import { change } from './versions.ts'

const DAY_MS = 86_400_000
const SOURCES_MAX = 500

const isReply = (text: string): boolean =>
  ['json', 'gif', '204'].includes(text) || (/^text:[^\r\n]*$/.test(text) && Buffer.byteLength(text) <= 261)

const shape = Source.shape
const Fields = z.strictObject({
  kind: shape.kind,
  tracker: shape.tracker,
  name: shape.name,
  default_currency: z
    .string()
    .refine((code) => currencyCode(code) === code, 'an ISO 4217 code in upper case')
    .nullable(),
  default_country: z.string().refine(isCountry, `${COUNTRY_EXPECTED}, in upper case`).nullable(),
  timezone: z.string().refine(isTimeZone, TIME_ZONE_EXPECTED),
  decimal: z.enum(['.', ',']).nullable(),
  status_map: z
    .record(
      z.string().max(140).trim().toLowerCase(),
      shape.status_map.valueType.extend({
        event: z
          .string()
          .refine((word) => eventWord(word) === word, EVENT_EXPECTED)
          .nullable(),
      }),
    )
    .refine((map) => Object.keys(map).length <= 200, 'at most 200 words'),
  dedupe: z.record(
    z.string().refine((word) => word === '*' || eventWord(word) === word, `*, ${EVENT_EXPECTED}`),
    shape.dedupe.valueType,
  ),
  reply: z.string().refine(isReply, 'json, gif, 204, or text: and at most 256 bytes on one line'),
  require_signature: z.boolean(),
})
const Patch = Fields.partial()
/** What a source is when nobody says otherwise. */
const DEFAULTS = {
  default_currency: null,
  default_country: null,
  timezone: 'UTC',
  decimal: null,
  status_map: {},
  dedupe: {},
  reply: 'json',
  require_signature: false,
} as const
const New = Fields.partial({
  default_currency: true,
  default_country: true,
  timezone: true,
  decimal: true,
  status_map: true,
  dedupe: true,
  reply: true,
  require_signature: true,
})

const Rotate = z.strictObject({ overlap_days: z.number().min(0).max(30).default(7) })
const Revoke = z.strictObject({ version: z.int().positive().optional() })

/** What the routes take. */
export const sourceBodies = { New, Patch, Rotate, Revoke }

export function serveSources(router: ApiRouter, access: Access, deps: ConsoleDeps): void {
  const ring = deps.config.rings[0]
  if (ring === undefined) throw new Error('the console needs a key ring') // required() of main sees to it
  const firstVersion = (): KeyVersion => ({ version: 1, ring: ring.id, created_at: deps.nowMs(), retires_at: null, revoked_at: null })
  const show = (source: Source, asker: Asker) => showSource(source, asker, deps)

  const sources: Collection<Source> = {
    path: 'sources',
    read: 'sources.read',
    write: 'sources.write',
    items: (workspace) => workspace.sources,
    put: (workspace, items) => ({ ...workspace, sources: items }),
    show,
    create: (body) => ({ id: newId('s'), ...DEFAULTS, ...defined(parse(New, body)), key_versions: [firstVersion()] }) as Source,
    patch: (source, body) => ({ ...inUse(source), ...defined(parse(Patch, body)) }),
    // Its keys stay refused for ever, so that a tracker that still calls meets the revocation, not the mercy for unheard-of sources.
    remove: (source) => ({ ...source, key_versions: source.key_versions.map((one) => revoked(one, deps.nowMs())) }),
    max: SOURCES_MAX,
    check({ kind, require_signature }) {
      if (require_signature && kind === 'tracker')
        throw invalid([
          { param: 'require_signature', sent: 'true', expected: 'false for a tracker, which cannot sign; true for kind backend alone' },
        ])
    },
  }
  serveCollection(router, access, deps, sources)

  const changeOne = async (ctx: Ctx, asker: Asker, make: (source: Source) => Source): Promise<void> => {
    const workspace = await change(deps, ctx, asker, (current) =>
      sources.put(current, replaced(current.sources, make(find(current.sources, ctx.params.id)))),
    )
    ctx.body = show(find(workspace.sources, ctx.params.id), asker)
  }
  router.post('/sources/:id/rotate', async (ctx: Ctx) => {
    const asker = access.workspace(ctx, 'sources.write')
    const { overlap_days } = parse(Rotate, await readJson(ctx))
    await changeOne(ctx, asker, (source) => rotated(inUse(source), ring.id, overlap_days, deps.nowMs()))
  })
  router.post('/sources/:id/revoke', async (ctx: Ctx) => {
    const asker = access.workspace(ctx, 'sources.write')
    const { version } = parse(Revoke, await readJson(ctx))
    await changeOne(ctx, asker, (source) => {
      if (version !== undefined && source.key_versions.every((one) => one.version !== version)) throw new Refusal('not_found')
      return {
        ...source,
        key_versions: source.key_versions.map((one) =>
          version === undefined || one.version === version ? revoked(one, deps.nowMs()) : one,
        ),
      }
    })
  })
}

/** A new version that works at once. The newest of the old ones that still work does so until the overlap ends; versions before
 *  it end now, so that never more than two are alive. */
export function rotated(source: Source, ring: string, overlapDays: number, nowMs: number): Source {
  const newest = Math.max(...source.key_versions.map((one) => one.version))
  const inUseStill = Math.max(...source.key_versions.filter((one) => isInForce(one, nowMs)).map((one) => one.version))
  const endOf = (one: KeyVersion): number => (one.version === inUseStill ? nowMs + Math.round(overlapDays * DAY_MS) : nowMs)
  return {
    ...source,
    key_versions: [
      ...source.key_versions.map((one) => ({ ...one, retires_at: Math.min(one.retires_at ?? Number.MAX_SAFE_INTEGER, endOf(one)) })),
      { version: newest + 1, ring, created_at: nowMs, retires_at: null, revoked_at: null },
    ],
  }
}

/** No version of its keys is taken any more: it was deleted, or all of them were revoked, which is the same. It stays in lists,
 *  since events name it. */
const isRevoked = (source: Source): boolean => source.key_versions.every((one) => one.revoked_at !== null)

function inUse(source: Source): Source {
  if (isRevoked(source)) throw new Refusal('conflict', 'All keys of this source are revoked, for good. Create another source.')
  return source
}

const revoked = (one: KeyVersion, nowMs: number): KeyVersion => ({ ...one, revoked_at: one.revoked_at ?? nowMs })

/** A source as the API shows it; `revoked` once it was deleted. Keys and URLs only to roles that may have them. */
export function showSource(source: Source, asker: Pick<Asker, 'workspace' | 'role'>, deps: Pick<ConsoleDeps, 'config'>) {
  const { key_versions, ...fields } = source
  const urls = may(asker.role, 'sources.keys') ? sourceUrls(asker.workspace.id, source, deps.config) : null
  return {
    ...fields,
    revoked: isRevoked(source),
    key: urls?.key ?? null,
    click_key: urls?.click_key ?? null,
    postback_url: urls?.url ?? null,
    click_url: urls?.click_url ?? null,
    signing_secret: urls?.signing_secret ?? null,
    key_versions: key_versions.map((one) => showKeyVersion(one, deps.config.nowMs())),
  }
}

export const showKeyVersion = ({ version, created_at, retires_at, revoked_at }: KeyVersion, nowMs: number) => ({
  version,
  state: stateOf({ retires_at, revoked_at }, nowMs),
  created_at: iso(created_at),
  retires_at: retires_at === null ? null : iso(retires_at),
  revoked_at: revoked_at === null ? null : iso(revoked_at),
})

function stateOf({ retires_at, revoked_at }: Pick<KeyVersion, 'retires_at' | 'revoked_at'>, nowMs: number): string {
  if (revoked_at !== null) return 'revoked'
  if (retires_at === null) return 'live'
  return retires_at > nowMs ? 'retiring' : 'retired'
}

const iso = (ms: number): string => new Date(ms).toISOString()
