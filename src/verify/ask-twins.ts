import { Fault } from '../events/fault.ts'
import type { PlatformId } from '../events/words.ts'
import type { Belief } from './beliefs.ts'

export type Twins = { readonly [platform in PlatformId]?: string }

const ASK_WITHIN_MS = 60_000

/** What a twin believes after its own deduplication. Throws `part_down` when it does not answer. */
export async function askTwin(platform: PlatformId, url: string): Promise<Belief[]> {
  try {
    const response = await fetch(new URL('/_twin/conversions', url), { signal: AbortSignal.timeout(ASK_WITHIN_MS) })
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    return ((await response.json()) as { items: Belief[] }).items // the twins are ours
  } catch (error) {
    throw new Fault('part_down', `The twin of ${platform} at ${url} does not answer. Check its address, or leave it out.`, error)
  }
}
