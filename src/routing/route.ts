import type { Conversion } from '../events/conversion.ts'
import type { DeliveryVerdict } from '../events/outcome.ts'
import { NOT_SENT_STATUSES, type PlatformId, platformOfIds } from '../events/words.ts'
import type { Destination, Rule, Workspace } from '../workspaces/schema.ts'

export type Routed = { readonly deliver: readonly Destination[]; readonly suppressed: readonly DeliveryVerdict[] }

/** The platform whose ad caused the conversion: the click's, else that of an id sent inline; null when nothing tells. */
export function platformOf(conversion: Pick<Conversion, 'click' | 'reading'>): PlatformId | null {
  return conversion.click === null ? platformOfIds(conversion.reading) : conversion.click.platform
}

/** Which destinations get a conversion. Rules are tried in order and the first that holds decides; without one it goes to
 *  every active destination of its click's platform and to no other. What is kept back says why. */
export function route(conversion: Conversion, workspace: Workspace): Routed {
  const deliver: Destination[] = []
  const suppressed: DeliveryVerdict[] = []
  for (const destination of candidates(conversion, workspace)) {
    const why = keptBack(conversion, destination)
    if (why === null) deliver.push(destination)
    else suppressed.push({ platform: destination.platform, destination_id: destination.id, stage: 'suppressed', why })
  }
  return { deliver, suppressed }
}

function candidates(conversion: Conversion, { destinations, rules }: Workspace): readonly Destination[] {
  const platform = platformOf(conversion)
  const rule = rules.length === 0 ? undefined : rules.find((one) => holds(one, conversion, platform))
  return destinations.filter(
    ({ active, platform: its, id }) => active && (rule === undefined ? its === platform : rule.destination_ids.includes(id)),
  )
}

function holds({ when }: Rule, { reading, source_id, tracker, click }: Conversion, platform: PlatformId | null): boolean {
  const facts: Record<keyof Rule['when'], string | null> = {
    event: reading.event,
    conversion_status: reading.conversion_status,
    source_id,
    tracker,
    platform,
    campaign_id: click?.campaign_id ?? null,
    country: reading.country,
  }
  return Object.entries(when).every(([field, allowed]) => allowed?.includes(facts[field as keyof Rule['when']] ?? '') ?? true)
}

function keptBack({ reading, click }: Conversion, destination: Destination): string | null {
  if (NOT_SENT_STATUSES.includes(reading.conversion_status as (typeof NOT_SENT_STATUSES)[number])) return 'status_not_sent'
  if (destination.event_map[reading.event ?? ''] === null) return 'event_unmapped'
  if ((reading.test || click?.test === true) && destination.test_code === null) return 'test'
  return null
}
