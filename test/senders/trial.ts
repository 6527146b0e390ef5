import { cpSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig } from '../../src/config.ts'
import type { Stack, StackSource } from '../../src/local/stack-file.ts'
import { runVerify } from '../../src/roles/verify.ts'
import type { TestStack } from '../stack.ts'
import { openBalancer } from '../support/balancer.ts'
import { ownEdge } from '../support/own-edge.ts'
import { call, ownWorkspace } from '../support/workspace.ts'
import { conversionsOf } from './clicks.ts'
import { type Done, makeFaults } from './faults.ts'
import { judge, type Row, replyOf } from './judge.ts'
import { keptOf } from './kept.ts'
import { type Sender, startSender } from './sender.ts'
import { SENDERS } from './senders.ts'

export type Options = {
  readonly seed: number
  /** Of each sender. */
  readonly perSecond: number
  readonly stopMs: number
  /** Rounds of outages. */
  readonly times: number
  readonly squeeze: number
  readonly tell: (line: string) => void
}

export type Outcome = {
  /** What is wrong, by kind; empty: every sender stayed, and each conversion was counted once. */
  readonly differences: Readonly<Record<string, readonly string[]>>
  readonly rows: readonly Row[]
  readonly faults: readonly Done[]
}

const SETTLED_FOR_MS = 6_000
const SETTLED_WITHIN_MS = 180_000

/** Every sender at once against two edges behind one address, while the broker is stopped and killed and the edges are restarted. */
export async function trial(running: TestStack, { seed, perSecond, stopMs, times, squeeze, tell }: Options): Promise<Outcome> {
  const stack = await ownWorkspace(running.stack)
  await using resources = new AsyncDisposableStack()
  const open = async (env: Record<string, string>) => {
    const edge = await ownEdge(stack, running.stackFile, { env })
    resources.defer(async () => void (await edge.end('SIGKILL')))
    await edge.start()
    return edge
  }
  const [crew, single] = [await open({ EDGE_PROCESSES: '2' }), await open({})]
  const balancer = await openBalancer([crew.url, single.url])
  resources.defer(() => balancer.close())

  const mark = `s${seed.toString(36)}${Date.now().toString(36)}`
  tell(`seed ${seed}: ${SENDERS.length} senders, ${perSecond}/s each, the broker away for ${stopMs} ms, ${times} times over`)
  const senders: Sender[] = []
  for (const [index, definition] of SENDERS.entries()) {
    const source = await sourceFor(stack, definition.tracker)
    const { pathname, search } = new URL(source.postback_url)
    senders.push(
      startSender(definition, {
        address: `${balancer.url}${pathname}${search}`,
        conversion: conversionsOf(balancer.url, stack, { mark: `${mark}${definition.id}`, seed: seed + index }),
        perSecond,
        seed: seed + index,
        squeeze,
      }),
    )
  }
  let faults: Awaited<ReturnType<typeof makeFaults>>
  try {
    faults = await makeFaults({ dataDir: dirname(running.stackFile), crew, single }, { stopMs, times, tell })
  } finally {
    await Promise.all(senders.map((sender) => sender.stop()))
  }
  tell('everything is sent; what is left is worked off')
  await workedOff(stack, tell)

  const keep = (): void => tell(`logs of the stack are kept in ${keepLogs(running.stackFile, seed)}`)
  const { differences, rows } = judge(senders, await keptOf(stack), faults.kills)
  const report = await verified(stack, acceptedBy(senders)).catch((error: unknown) => {
    keep()
    throw error
  })
  const all = report.agrees ? differences : { ...differences, verify: report.differences.map((one) => JSON.stringify(one)) }
  if (Object.keys(all).length > 0) keep()
  return { differences: all, rows, faults: faults.done }
}

function keepLogs(stackFile: string, seed: number): string {
  const kept = join(tmpdir(), `senders-logs-${seed}`)
  for (const name of ['logs', 'local.log']) cpSync(join(dirname(stackFile), name), join(kept, name), { recursive: true })
  return kept
}

function acceptedBy(senders: readonly Sender[]): string[] {
  const results = senders.flatMap(({ told }) => told.flatMap(({ attempts }) => attempts.map(({ result }) => result)))
  return results.flatMap((result) => (result.kind === 'answered' ? (replyOf(result)?.postback_id ?? []) : []))
}

/** A source for one tracker; its currency counts where the tracker's template has none. */
const sourceFor = (stack: Stack, tracker: string): Promise<StackSource> =>
  call<StackSource>(stack, 'POST', '/api/v1/sources', stack.workspace.api_key, {
    kind: 'tracker',
    tracker,
    name: `sender ${tracker}`,
    default_currency: 'USD',
  })

/** Until nothing in ClickHouse waits for a decision and nothing changes any more; at most three minutes, then the audit says what is
 *  missing. */
async function workedOff(stack: Stack, tell: (line: string) => void): Promise<void> {
  const query = `SELECT toString(status), count() FROM postback.v_events WHERE workspace_id = '${stack.workspace.id}' GROUP BY status ORDER BY status FORMAT TabSeparated`
  const giveUpAt = performance.now() + SETTLED_WITHIN_MS
  for (let last = '', changedMs = performance.now(); performance.now() < giveUpAt; await sleep(500)) {
    const text = await fetch(stack.clickhouse_url, { method: 'POST', body: query }).then(
      (response) => response.text(),
      () => last,
    )
    if (text !== last) changedMs = performance.now()
    last = text
    const waits = /^(received|deferred|held)\t/m.test(text)
    if (text !== '' && !waits && performance.now() - changedMs > SETTLED_FOR_MS) return
  }
  tell('it has not settled within three minutes')
}

/** The operator's own audit: topics, decisions told again, platforms, ClickHouse. */
const verified = (stack: Stack, accepted: readonly string[]) =>
  runVerify(
    readConfig({
      KAFKA_BROKERS: stack.kafka_brokers,
      SCHEMA_REGISTRY_URL: stack.schema_registry_url,
      CLICKHOUSE_URL: stack.clickhouse_url,
    }),
    { accepted, workspaces: [stack.workspace.id], sinceMs: 0, settleMs: 60_000, limit: 20, twins: stack.twins },
  )
