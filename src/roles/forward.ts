import { required } from '../config.ts'
import { contentCheck } from '../events/content-check.ts'
import { Delivery } from '../events/conversion.ts'
import { Fault } from '../events/fault.ts'
import { PLATFORM_IDS, type PlatformId } from '../events/words.ts'
import { createEngine } from '../forward/engine.ts'
import { createHttp } from '../forward/http.ts'
import { createTargets } from '../forward/targets.ts'
import { createDeliverTask, createHeldTask, createRetryTask, RETRY_TOPICS, topicsOf } from '../forward/tasks.ts'
import { createReadable } from '../kafka/readable.ts'
import { runStream } from '../kafka/stream.ts'
import { PLATFORMS } from '../platforms/index.ts'
import { createSeal } from '../workspaces/seal.ts'
import { openContext, type RunRole, ready, twinUrl } from './context.ts'
import { encoder, openCodec, openDeadRatio, openWorkspaces } from './shared.ts'

/** All calls for what one fetch brings are made before its offsets move. */
const FETCH_BYTES = 262_144

const isPlatform = (text: string | undefined): text is PlatformId => PLATFORM_IDS.includes(text as PlatformId)

/** `node src/main.ts forward <platform>`: a consumer for its deliveries, one for what it holds, and one that shares the delay tiers
 *  with all forwarders. */
export const forward: RunRole = async (config, [name]) => {
  if (!isPlatform(name)) throw new Fault('config_invalid', `Name a platform: node src/main.ts forward ${PLATFORM_IDS.join(' | ')}`)
  const context = await openContext(`forward.${name}`, config)
  const { client, id, report, metrics, nowMs, onFatal, partitions, closing } = context
  const deliveryTopics = [...PLATFORM_IDS.map((one) => `deliver.${one}`), ...RETRY_TOPICS.map((topic) => topic.name), 'held', 'outcomes']
  const codec = await openCodec(context, deliveryTopics)
  const workspaces = await openWorkspaces(context, codec)
  const http = createHttp({ connections: 16 })
  closing.push(() => http.close())
  const platform = PLATFORMS[name]
  const { unseal } = createSeal(required(config, 'CREDENTIALS_KEYS'))
  const targets = createTargets({ platform, unseal, twinUrl: twinUrl(config, name), http, nowMs })
  const engine = createEngine({ platform, workspaces, targets, http, nowMs })
  const ratio = openDeadRatio(context)
  const check = contentCheck(Delivery)
  const readable = createReadable({ codec, role: 'forward', checkOf: () => check, ratio, nowMs, report })
  const shared = { readable, encode: encoder(codec), partitions, nowMs, metrics }
  const retries = createRetryTask(shared)
  const held = createHeldTask({ ...shared, platform: name, workspaces })
  const writes = [...deliveryTopics, 'dead']
  const common = { client, writes, coPartitioned: false, maxBytesPerPartition: FETCH_BYTES, notes: ratio.notes, report, onFatal }
  const streams = [
    await runStream({
      ...common,
      groupId: `forward.${name}`,
      instanceId: id,
      transactionalId: id,
      topics: topicsOf(name),
      task: createDeliverTask({ ...shared, engine }),
    }),
    await runStream({
      ...common,
      groupId: 'retry',
      instanceId: `retry.${id}`,
      transactionalId: `retry.${id}`,
      topics: RETRY_TOPICS,
      task: retries,
    }),
    await runStream({
      ...common,
      groupId: `held.${name}`,
      instanceId: `held.${id}`,
      transactionalId: `held.${id}`,
      topics: [{ name: 'held', commit: true }],
      task: held,
    }),
  ]
  closing.push(
    async () => retries.stop(),
    async () => held.stop(),
    // Side by side: without a broker each takes nearly all of the time that a role is given.
    (how) => Promise.all(streams.map((stream) => stream.stop(how))),
  )
  await Promise.all(streams.map((stream) => stream.ready))
  ready(context)
}
