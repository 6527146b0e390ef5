import type { Dialect, Params, SourceRules } from './definition.ts'
import { generic } from './generic/index.ts'
import { keitaro } from './keitaro/index.ts'
import { redtrack } from './redtrack/index.ts'
import { voluum } from './voluum/index.ts'

/** Every dialect. The generic one is last: it reads what no other claims. */
export const DIALECTS: readonly Dialect[] = [keitaro, voluum, redtrack, generic]

/** The source's tracker decides; where it names none, the parameters give the tracker away; else the generic one. */
export function pickDialect(rules: Pick<SourceRules, 'tracker'>, params: Params): Dialect {
  const named = rules.tracker === generic.id ? undefined : DIALECTS.find((dialect) => dialect.id === rules.tracker)
  return named ?? DIALECTS.find((dialect) => isSigned(dialect, params)) ?? generic
}

/** Who writes our own `click_id` or `event` follows our page, whatever else is in the request. */
function isSigned({ signature }: Dialect, params: Params): boolean {
  if (signature === null || params.has('click_id') || params.has('event')) return false
  return signature.all.every((name) => params.has(name)) && signature.any.some((name) => params.has(name))
}
