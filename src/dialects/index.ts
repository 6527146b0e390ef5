import { adjust } from './adjust/index.ts'
import { affise } from './affise/index.ts'
import { anytrack } from './anytrack/index.ts'
import { appmetrica } from './appmetrica/index.ts'
import { appsflyer } from './appsflyer/index.ts'
import { bemob } from './bemob/index.ts'
import { binom } from './binom/index.ts'
import { clickflare } from './clickflare/index.ts'
import { cpvlab } from './cpvlab/index.ts'
import type { Dialect, Params, SourceRules } from './definition.ts'
import { everflow } from './everflow/index.ts'
import { funnelflux } from './funnelflux/index.ts'
import { generic } from './generic/index.ts'
import { keitaro } from './keitaro/index.ts'
import { peerclick } from './peerclick/index.ts'
import { redtrack } from './redtrack/index.ts'
import { singular } from './singular/index.ts'
import { tune } from './tune/index.ts'
import { voluum } from './voluum/index.ts'

/** Every dialect. Of several whose signature fits the first is taken, so the narrower one stands before the wider one. The
 *  generic one is last: it reads what no other claims. */
export const DIALECTS: readonly Dialect[] = [
  anytrack,
  binom,
  clickflare,
  cpvlab,
  funnelflux,
  peerclick,
  bemob,
  keitaro,
  voluum,
  redtrack,
  everflow,
  affise,
  tune,
  appsflyer,
  adjust,
  singular,
  appmetrica,
  generic,
]

const BY_ID: ReadonlyMap<string, Dialect> = new Map(DIALECTS.map((dialect) => [dialect.id, dialect]))

/** The source's tracker decides; where it names none, the parameters give the tracker away; else the generic one. */
export function pickDialect({ tracker }: Pick<SourceRules, 'tracker'>, params: Params): Dialect {
  const named = tracker === generic.id ? undefined : BY_ID.get(tracker)
  if (named !== undefined) return named
  for (const dialect of DIALECTS) if (isSigned(dialect, params)) return dialect
  return generic
}

/** Who writes our own `click_id` or `event` follows our page, whatever else is in the request; but for a tracker whose own
 *  parameter is called so. Asked of every dialect at every request, so it makes nothing. */
function isSigned({ signature }: Dialect, params: Params): boolean {
  if (signature === null) return false
  const { all, any } = signature
  for (const name of all) if (!params.has(name)) return false
  for (const name of OURS) if (params.has(name) && !all.includes(name) && !any.includes(name)) return false
  for (const name of any) if (params.has(name)) return true
  return false
}
const OURS = ['click_id', 'event']
