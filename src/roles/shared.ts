import { required } from '../config.ts'
import { type Codec, createCodec } from '../kafka/codec.ts'
import { readTable } from '../kafka/table.ts'
import { createWorkspaceCopy, type WorkspaceCopy } from '../workspaces/copy.ts'
import type { WorkspaceRecord } from '../workspaces/schema.ts'
import { type Context, schemasOf } from './context.ts'

/** The codec of the topics a role touches; `dead` and `workspaces` are everybody's. */
export const openCodec = (context: Context, topics: readonly string[]): Promise<Codec> =>
  createCodec({
    registryUrl: `${required(context.config, 'SCHEMA_REGISTRY_URL')}`,
    schemas: schemasOf(context.config, [...topics, 'dead', 'workspaces']),
  })

export type Lost = (record: WorkspaceRecord) => void

/** The live configuration, read to its end before this resolves. `onLost` hears of every record that lost its race. */
export async function openWorkspaces(context: Context, codec: Codec, onLost: Lost = () => undefined): Promise<WorkspaceCopy> {
  const copy = createWorkspaceCopy()
  const table = await readTable({
    client: context.client,
    topic: 'workspaces',
    groupId: `copy.${context.id}`,
    instanceId: `copy.${context.id}`,
    onRecord({ key, value, offset }) {
      const record = value === null ? null : (codec.decode(value) as WorkspaceRecord)
      const { won, inForce } = copy.apply(record, key?.toString() ?? '', offset)
      if (record !== null && !won && inForce !== undefined) onLost(inForce)
    },
    report: context.report,
    onFatal: context.onFatal,
  })
  context.closing.push(() => table.stop())
  await table.caughtUp
  return copy
}

/** Encodes by topic name. */
export const encoder =
  (codec: Codec) =>
  (topic: string, value: object): Buffer =>
    codec.encode(`${topic}-value`, value)
