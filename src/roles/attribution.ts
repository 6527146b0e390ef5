import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { topics } from '../../topics/index.ts'
import { createAttribution } from '../attribution/run.ts'
import { createAttributionStore } from '../attribution/store.ts'
import { READ, UNREAD, UNREAD_OF_JOINED } from '../attribution/unread.ts'
import { createWaiting } from '../attribution/waiting.ts'
import { createWorker } from '../attribution/worker.ts'
import type { ClickRecord } from '../events/click.ts'
import { type ContentCheck, contentCheck } from '../events/content-check.ts'
import type { Pending } from '../events/pending.ts'
import { PLATFORM_IDS } from '../events/words.ts'
import { createReadable } from '../kafka/readable.ts'
import { runStream } from '../kafka/stream.ts'
import { openDiskTableLog } from '../state/disk-table-log.ts'
import { openState } from '../state/lmdb.ts'
import { openContext, type RunRole, ready } from './context.ts'
import { encoder, openCodec, openDeadRatio, openWorkspaces, useLargeSlabs } from './shared.ts'
import { absenceMaxMsOf, openStateFolder, refuseAhead } from './state-folder.ts'

/** What one fetch brings is decided in a transaction or two, which the broker aborts after five seconds: these are some 4,500 postbacks,
 *  a quarter of a second. It bounds the fetch and not each partition of it: a record batch larger than a partition's bound comes only
 *  when its partition is the first of the fetch, and all the others come with nothing. */
const FETCH_BYTES = 1_572_864

/** A quarter of the commit interval. Where 4,000 postbacks come a second it spares a third of what each costs, and adds 10 ms. */
const FETCH_EVERY_MS = 25

const WRITES = ['clicks', 'pending', 'outcomes', ...PLATFORM_IDS.map((platform) => `deliver.${platform}`)]

export const attribution: RunRole = async (config) => {
  useLargeSlabs()
  const context = await openContext('attribution', config)
  const { client, id, report, metrics, log, nowMs, partitions, closing } = context
  const codec = await openCodec(context, ['postbacks', ...WRITES])
  const whole = codec.brief(UNREAD)
  const joined = codec.brief({ ...UNREAD, ...UNREAD_OF_JOINED })
  const workspaces = await openWorkspaces(context, codec)
  const folder = await openStateFolder(context)
  const onFatal = (error: unknown): void => context.onFatal(folder.judge(error))
  const state = folder.guard(() => openState(folder.path))
  closing.push(() => state.close())
  // What lies in the store came through the codec before.
  const decodeClick = (value: Buffer) => whole.decode(value) as ClickRecord
  const decodePending = (value: Buffer) => whole.decode(value) as Pending
  const store = createAttributionStore({
    state,
    open: (table, partition) =>
      openDiskTableLog(join(folder.path, table, String(partition)), {
        onCut: (bytes) => log.warn({ table, partition, bytes }, 'attribution.state_cut'),
        onIndexFault: (error) => log.warn({ table, partition, error: String(error) }, 'attribution.index_not_written'),
      }),
    decode: {
      click: decodeClick,
      joined: (value) => joined.decode(value) as ClickRecord,
      pending: decodePending,
    },
  })
  closing.push(async () => store.close())
  const clicksDir = join(folder.path, 'clicks')
  const statePartitions = (): number[] => (existsSync(clicksDir) ? readdirSync(clicksDir).map(Number) : [])
  await refuseAhead(folder, store, client, statePartitions())
  folder.opened()
  const encodeInPlace = encoder({ encode: codec.encodeInPlace })
  const waiting = createWaiting(store, { encode: (pending) => encodeInPlace('pending', pending), decode: decodePending })
  const worker = createWorker({ store, waiting, workspaces, metrics, partitions: partitions('postbacks') })
  const ratio = openDeadRatio(context)
  const checks = new Map<string, ContentCheck>(Object.entries(READ).map(([topic, schema]) => [topic, contentCheck(schema)]))
  const checkOf = (topic: string) => checks.get(topic)
  const readable = createReadable({ codec, decoder: joined, role: 'attribution', checkOf, ratio, nowMs, report })
  const clickRetentionMs = Number(topics(config.PARTITIONS).find(({ name }) => name === 'clicks')?.config['retention.ms'])
  const task = createAttribution({
    ...{ store, waiting, worker, workspaces, readable, encode: encoder(codec), partitions, clickRetentionMs, nowMs, log, onFatal },
    encodeInPlace,
    decodeClick,
    onRead: (topic, count) => metrics.count('records_read_total', { topic }, count),
    statePartitions,
    absenceMaxMs: await absenceMaxMsOf(client),
  })
  const stream = await runStream({
    client,
    groupId: 'attribution',
    instanceId: id,
    transactionalId: id,
    guarantee: config.ATTRIBUTION_GUARANTEE,
    topics: [
      { name: 'postbacks', commit: true },
      { name: 'clicks', commit: false },
      { name: 'pending', commit: false },
    ],
    writes: [...WRITES, 'dead'],
    coPartitioned: true,
    overlapped: true,
    maxBytes: FETCH_BYTES,
    fetchEveryMs: FETCH_EVERY_MS,
    task,
    notes: ratio.notes,
    report,
    onFatal,
  })
  closing.push((how) => stream.stop(how))
  await stream.ready
  const sweeping = task.sweepEvery(stream.control)
  closing.push(async () => clearInterval(sweeping))
  while (!task.ready()) await new Promise((done) => setTimeout(done, 20))
  folder.settled()
  ready(context)
}
