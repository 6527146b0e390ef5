import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig } from '../../src/config.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { runVerify } from '../../src/roles/verify.ts'
import { type Audit, audit } from './audit.ts'
import { type Scenario, shots } from './scenario.ts'
import { send } from './send.ts'
import { openTenants, type Tenant } from './tenants.ts'

export type Trial = Audit & { readonly seconds: Readonly<Record<string, number>> }

/** Sends a whole scenario while `alongside` does its worst, lets the rest be worked off, and audits all of it by id. The signal
 *  tells `alongside` that everything has been sent; the audit waits for it. */
export async function trial(deps: {
  readonly stack: Stack
  readonly scenario: Scenario
  readonly alongside: (sent: AbortSignal) => Promise<void>
  /** Kafka's own consumer has to agree; it takes half a minute. */
  readonly java?: boolean
  /** False: the platforms' twins were ended in between, and what they believed with them. */
  readonly askTwins?: boolean
  readonly tell?: (line: string) => void
}): Promise<Trial> {
  const { stack, scenario, tell = () => undefined } = deps
  const clock = stopwatch()
  const tenants = await openTenants(stack, scenario.workspaces)
  clock('tenants')
  tell(
    `seed ${scenario.seed}: ${scenario.postbacks} postbacks at ${Math.round(scenario.perSecond)}/s over ${scenario.workspaces} workspaces`,
  )
  const over = new AbortController()
  const sending = send(stack, tenants, scenario).finally(() => over.abort())
  const [{ accepted, again, clicks }] = await Promise.all([sending, deps.alongside(over.signal)])
  clock('sending')
  tell(`${accepted.size} accepted, ${again} requests sent again`)
  await workedOff(stack, tenants, scenario, tell)
  clock('working off')
  const found = await audit({ stack, tenants, scenario, accepted, java: deps.java ?? false, askTwins: deps.askTwins ?? true })
  clock('audit')
  const report = await verified(
    stack,
    tenants.map(({ id }) => id),
    accepted.keys(),
    deps.askTwins ?? true,
  )
  clock('verify')
  const differences = report.agrees
    ? found.differences
    : { ...found.differences, verify: report.differences.map((one) => JSON.stringify(one)) }
  return { ...found, differences, counts: { ...found.counts, clicks, requests_again: again }, seconds: clock.seconds }
}

/** The operator's own audit, of these workspaces. */
export const verified = (stack: Stack, workspaces: readonly string[], accepted: Iterable<string>, askTwins = true) =>
  runVerify(
    readConfig({
      KAFKA_BROKERS: stack.kafka_brokers,
      SCHEMA_REGISTRY_URL: stack.schema_registry_url,
      CLICKHOUSE_URL: stack.clickhouse_url,
    }),
    {
      accepted,
      workspaces,
      sinceMs: 0,
      settleMs: 60_000,
      limit: 20,
      twins: askTwins ? stack.twins : {},
    },
  )

const ASK_EVERY_MS = 1_000
const STANDS_STILL_MS = 120_000

/** Until ClickHouse knows everything that must come, or nothing has changed for two minutes: then the audit says what is missing. */
async function workedOff(stack: Stack, tenants: readonly Tenant[], scenario: Scenario, tell: (line: string) => void): Promise<void> {
  const shotOf = shots(scenario)
  let withClick = 0
  for (let n = 0; n < scenario.postbacks; n++) if (shotOf(n).clickMs !== null) withClick++
  const query = `SELECT toString(status), count() FROM postback.v_events WHERE workspace_id IN (${tenants.map(({ id }) => `'${id}'`).join(', ')}) GROUP BY status ORDER BY status FORMAT TabSeparated`
  for (let last = '', changedMs = performance.now(); ; ) {
    const text = await fetch(stack.clickhouse_url, { method: 'POST', body: query }).then(
      (response) => response.text(),
      () => last, // ClickHouse is busy: nothing has changed
    )
    const counts = new Map(text.split('\n').map((line) => line.split('\t') as [string, string]))
    const onTheWay = ['received', 'matched', 'deferred'].some((status) => counts.has(status))
    if (!onTheWay && Number(counts.get('forwarded')) === withClick && Number(counts.get('held') ?? 0) === scenario.postbacks - withClick)
      return
    if (text !== last) changedMs = performance.now()
    last = text
    if (performance.now() - changedMs > STANDS_STILL_MS) return tell(`stands still for two minutes: ${text.replaceAll(/\s+/g, ' ')}`)
    await sleep(ASK_EVERY_MS)
  }
}

function stopwatch(): ((name: string) => void) & { readonly seconds: Record<string, number> } {
  let lastMs = performance.now()
  const seconds: Record<string, number> = {}
  const lap = (name: string): void => {
    const nowMs = performance.now()
    seconds[name] = Math.round((nowMs - lastMs) / 100) / 10
    lastMs = nowMs
  }
  return Object.assign(lap, { seconds })
}
