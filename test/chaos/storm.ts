import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestStack } from '../stack.ts'
import { type Fault, injectFaults, tally } from './faults.ts'
import { moveMembers } from './members.ts'
import type { Scenario } from './scenario.ts'
import { type Trial, trial } from './trial.ts'

/** What a stack for a storm is: three brokers, so that leaders move, and three attributors, so that partitions do. */
export const STORM_STACK = { KAFKA_LOCAL_BROKERS: '3', ATTRIBUTION_PROCESSES: '3' } as const
const FIRST_EXTRA_MEMBER = 3

export type Storm = Trial & { readonly seed: number; readonly faults: readonly Fault[]; readonly tally: Readonly<Record<string, number>> }

/** A scenario during which processes are killed and stopped, and members of attribution come and go. */
export async function storm({ stack, stackFile }: TestStack, scenario: Scenario, tell: (line: string) => void): Promise<Storm> {
  let faults: readonly Fault[] = []
  let moved = 0
  const found = await trial({
    stack,
    scenario,
    tell,
    java: true,
    async alongside(sent) {
      const injected = injectFaults(stackFile, scenario.seed)
      const members = moveMembers(stack, stackFile, scenario.seed, FIRST_EXTRA_MEMBER)
      if (!sent.aborted) await once(sent, 'abort')
      await Promise.all([injected.stop(), members.stop()])
      faults = injected.done
      moved = members.moves()
      tell(`faults: ${JSON.stringify(tally(faults))}, members that came or went: ${moved}`)
    },
  })
  if (Object.keys(found.differences).length > 0) tell(`logs of the stack are kept in ${keepLogs(stackFile, scenario.seed)}`)
  return { ...found, seed: scenario.seed, counts: { ...found.counts, members_moved: moved }, faults, tally: tally(faults) }
}

function keepLogs(stackFile: string, seed: number): string {
  const kept = join(tmpdir(), `chaos-logs-${seed}`)
  for (const name of ['logs', 'local.log']) cpSync(join(dirname(stackFile), name), join(kept, name), { recursive: true })
  return kept
}
