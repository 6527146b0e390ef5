import { PLATFORM_IDS } from '../../../src/events/words.ts'
import type { Ground } from '../ground.ts'
import { followOutcomes } from '../outcomes.ts'
import type { Joiner } from '../peers/peer.ts'
import { emptyTopic } from './offsets.ts'

/** Reads every outcome of the turn and takes it away. A figure of a join that lost or doubled something is none. */
export async function checkOutcomes(
  ground: Ground,
  { outcomes: topic }: Joiner,
  wanted: { postbacks: number; matched: number },
): Promise<void> {
  const matched = new Set<string>()
  let repeated = 0
  const outcomes = await followOutcomes(ground, topic, (postbackId, stage) => {
    if (stage !== 'matched') return
    if (matched.has(postbackId)) repeated++
    matched.add(postbackId)
  })
  await outcomes.stop()
  if (matched.size !== wanted.matched || repeated > 0)
    throw new Error(`Of ${wanted.postbacks} postbacks ${matched.size} were matched, not ${wanted.matched}, and ${repeated} of them again.`)
  if (topic === 'outcomes')
    for (const name of [topic, ...PLATFORM_IDS.map((platform) => `deliver.${platform}`)]) await emptyTopic(ground.client, name)
}
