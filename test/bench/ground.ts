import { readFileSync } from 'node:fs'
import { type Config, readConfig } from '../../src/config.ts'
import type { Codec } from '../../src/kafka/codec.ts'
import { createCodec } from '../../src/kafka/codec.ts'
import type { KafkaSettings } from '../../src/kafka/connect.ts'
import type { Ending } from '../../src/local/ending.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { schemasOf } from '../../src/roles/context.ts'
import { topics } from '../../topics/index.ts'
import { ownWorkspace } from '../support/workspace.ts'
import { openOwnStack } from './own-stack.ts'

export type RunningRole = {
  readonly pids: readonly number[]
  /** Milliseconds from the start until it said it is ready; null when it ran already. */
  readonly ready: Promise<number | null>
  /** Ends it; one that ran already is left alone. */
  stop(): Promise<void>
}

/** What a bench stands on: real parts, a workspace of its own without a limit, and roles to be started. */
export type Ground = {
  readonly stack: Stack
  /** Roles run only while the bench wants them, each measured alone. Else: a running stack, all at once. */
  readonly alone: boolean
  readonly client: KafkaSettings
  readonly codec: Codec
  readonly partitions: (topic: string) => number
  /** Of the stack that the bench brought up; null of one that runs. Attribution's state is in `state/attribution-0`. */
  readonly dataDir: string | null
  /** `edge`, `forward.meta`, ..., with variables of its own. */
  start(role: string, env?: Readonly<Record<string, string>>): Promise<RunningRole>
}

/** The most the schema takes. */
export const NO_LIMIT = { rate_limit_per_min: Number.MAX_SAFE_INTEGER }
const TOPICS = ['postbacks', 'clicks'] as const

/** Everything it brings up ends with `ending`. */
export async function openGround(stackFile: string | null, ending: Ending, tell: (line: string) => void): Promise<Ground> {
  const base = stackFile === null ? await openOwnStack(ending, tell) : givenStack(stackFile)
  const { stack, config } = base
  const client = { brokers: stack.kafka_brokers.split(','), clientId: 'bench', report: () => undefined }
  const counts = new Map(topics(config.PARTITIONS).map(({ name, partitions }) => [name, partitions]))
  return {
    ...base,
    stack: await ownWorkspace(stack, NO_LIMIT),
    client,
    codec: await createCodec({ registryUrl: stack.schema_registry_url, schemas: schemasOf(config, TOPICS) }),
    partitions: (topic) => counts.get(topic) ?? 0,
  }
}

/** Its PARTITIONS must be set here too where it is not the default. */
function givenStack(file: string): Pick<Ground, 'stack' | 'alone' | 'dataDir' | 'start'> & { readonly config: Config } {
  const now = (): Stack => JSON.parse(readFileSync(file, 'utf8')) as Stack // written by our own supervisor
  return {
    stack: now(),
    alone: false,
    dataDir: null,
    config: readConfig(process.env),
    start: async (role) => ({ pids: pidsOf(now(), role), ready: Promise.resolve(null), stop: async () => undefined }),
  }
}

function pidsOf({ pids }: Stack, role: string): readonly number[] {
  if (role.startsWith('forward.')) return [pids.forward[role.slice('forward.'.length) as keyof Stack['pids']['forward']]]
  if (role === 'edge' || role === 'attribution' || role === 'store' || role === 'console') return pids[role]
  if (role === 'twins') return [] // stack.json does not tell, and their time is not ours
  throw new Error(`stack.json has no pids of ${role}`)
}
