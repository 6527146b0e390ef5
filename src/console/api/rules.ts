import { z } from 'zod'
import { CONVERSION_STATUSES, eventWord, PLATFORM_IDS, TRACKERS } from '../../events/words.ts'
import { newId } from '../../workspaces/ids.ts'
import { Rule, type Workspace } from '../../workspaces/schema.ts'
import type { Access, ApiRouter } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { parse } from '../fields.ts'
import { invalid, type WrongField } from '../problem.ts'
import { type Collection, serveCollection } from './collection.ts'
import { COUNTRY_EXPECTED, defined, EVENT_EXPECTED, isCountry } from './values.ts'

const listOf = <T extends string>(value: z.ZodType<T, string>) =>
  z
    .array(value)
    .min(1)
    .max(500)
    .transform((values) => [...new Set(values)])
    .optional()
const text = z.string().min(1).max(512)
const Event = z.string().transform((sent, context) => {
  const word = eventWord(sent)
  if (word === undefined) context.addIssue({ code: 'custom', message: EVENT_EXPECTED })
  return word ?? z.NEVER
})
/** Conditions that a conversion can meet; a word of another spelling is stored as conversions carry it. */
const When = z.strictObject({
  event: listOf(Event),
  conversion_status: listOf(z.enum(CONVERSION_STATUSES)),
  source_id: listOf(text),
  tracker: listOf(z.enum(TRACKERS)),
  platform: listOf(z.enum(PLATFORM_IDS)),
  campaign_id: listOf(text),
  country: listOf(z.string().toUpperCase().refine(isCountry, COUNTRY_EXPECTED)),
} satisfies Record<keyof Rule['when'], unknown>)
const Fields = z.strictObject({
  name: Rule.shape.name,
  when: When,
  destination_ids: z.array(z.string()).max(50),
  /** Place in the order of trial, 0 the first. Absent: the end for a new rule, unchanged for an old one. */
  position: z.int().min(0).max(1_000),
})
const Patch = Fields.partial()
const New = Fields.partial({ position: true })
/** What the routes take. */
export const ruleBodies = { New, Patch }

export function serveRules(router: ApiRouter, access: Access, deps: ConsoleDeps): void {
  const rules: Collection<Rule> = {
    path: 'rules',
    read: 'rules.read',
    write: 'rules.write',
    max: 200,
    items: (workspace) => workspace.rules,
    put: (workspace, items) => ({ ...workspace, rules: items }),
    show: (rule) => rule,
    create: (body) => ({ id: newId('r'), ...ruleFields(parse(New, body)) }) as Rule,
    patch: (rule, body) => ({ ...rule, ...ruleFields(parse(Patch, body)) }),
    position: (body) => parse(z.looseObject({ position: Fields.shape.position.optional() }), body).position,
    remove: () => undefined,
    check(rule, workspace) {
      const wrong = unknownIds(rule, workspace)
      if (wrong.length > 0) throw invalid(wrong)
    },
  }
  serveCollection(router, access, deps, rules)
}

const ruleFields = ({ position: _, ...fields }: z.infer<typeof Patch>) => defined(fields) as Partial<Rule>

/** What a rule names and its workspace does not have, and what it names twice. */
function unknownIds({ when, destination_ids }: Rule, { sources, destinations }: Workspace): WrongField[] {
  const isSource = (id: string) => sources.some((source) => source.id === id)
  const isDestination = (id: string) => destinations.some((destination) => destination.id === id)
  return [
    ...(when.source_id ?? []).flatMap((id) =>
      isSource(id) ? [] : [{ param: 'when.source_id', sent: id, expected: 'ids of sources of this workspace' }],
    ),
    ...destination_ids.flatMap((id, n) => {
      const param = `destination_ids.${n}`
      if (!isDestination(id)) return [{ param, sent: id, expected: 'the id of a destination of this workspace' }]
      return destination_ids.indexOf(id) === n ? [] : [{ param, sent: id, expected: 'each destination once' }]
    }),
  ]
}
