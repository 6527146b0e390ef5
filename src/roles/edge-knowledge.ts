import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../events/fault.ts'
import { createEncoder, type Encode } from '../kafka/codec.ts'
import type { WorkspaceCopy } from '../workspaces/copy.ts'
import { switchedCopy } from '../workspaces/switched.ts'
import { type Context, schemasOf } from './context.ts'
import { createMemory, recall } from './edge-known.ts'
import { openCodec, openWorkspaces } from './shared.ts'

export type Knowledge = { readonly encode: Encode; readonly workspaces: WorkspaceCopy }

const TOPICS = ['postbacks', 'clicks'] as const
/** Senders find nobody meanwhile; what is older by a second is put right in the next. */
const KNOWN_AFTER_MS = 1_000
const ASK_AGAIN_MS = 1_000

/** The live configuration and the schemas' ids, as every role has them; and when Kafka or the registry does not answer soon, what a
 *  former process of this folder knew, until they do: an edge that is restarted during an outage goes on taking postbacks. Without
 *  such a memory it waits. */
export async function openKnowledge(context: Context, dir: string): Promise<Knowledge> {
  const { config, log, metrics, readiness } = context
  const schemas = schemasOf(config, TOPICS)
  const memory = createMemory(dir, (error) => log.warn({ error: String(error) }, 'edge.not_remembered'))
  const open = async (): Promise<Knowledge> => {
    const codec = await openCodec(context, TOPICS)
    const workspaces = await openWorkspaces(context, codec, memory.observe)
    memory.begin(schemas, codec.ids)
    return { encode: codec.encode, workspaces }
  }
  const known = recall(dir, schemas)
  if (known === null) return open()
  const live = untilOpen(open, (error) => log.warn({ error: String(error) }, 'edge.asks_again'))
  const first = await Promise.race([live, sleep(KNOWN_AFTER_MS, null)])
  if (first !== null) return first

  const { copy, become } = switchedCopy(known.workspaces)
  log.warn({ workspaces: known.count, offset: copy.appliedOffset(), waits: readiness.reason }, 'edge.starts_from_memory')
  metrics.gauge('edge_from_memory', 1)
  live.then(({ workspaces }) => {
    become(workspaces)
    readiness.reason = readiness.ready ? 'ready' : readiness.reason
    metrics.gauge('edge_from_memory', 0)
    log.info({ offset: workspaces.appliedOffset() }, 'edge.up_to_date')
  }, context.onFatal)
  return { encode: createEncoder(schemas, known.ids), workspaces: copy }
}

/** Who has a memory need not end, and be away for seconds, because a broker or a registry that has just come goes again. */
async function untilOpen(open: () => Promise<Knowledge>, onFailed: (error: unknown) => void): Promise<Knowledge> {
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (error instanceof Fault && FOR_GOOD.has(error.code)) throw error
      onFailed(error)
    }
    await sleep(ASK_AGAIN_MS)
  }
}
/** What no waiting cures, and what would write to the wrong places. */
const FOR_GOOD: ReadonlySet<string> = new Set(['topic_mismatch', 'config_invalid'])
