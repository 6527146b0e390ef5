import type { Parts } from './parts.ts'
import type { Plan } from './roles.ts'
import type { Stack } from './stack-file.ts'

/** What stack.json says, of what runs at this moment. `pidsOf` answers the pids of a role in the order of ordinals. */
export function stackOf(
  plan: Plan,
  parts: Parts,
  pidsOf: (role: string) => number[],
  workspace: Stack['workspace'],
  operatorKey: string,
): Stack {
  const first = (role: string): number => pidsOf(role)[0] ?? -1
  const adminUrls = Map.groupBy(plan.roles, ({ role }) => role)
  return {
    edge_url: plan.edgeUrl,
    console_url: plan.consoleUrl,
    clickhouse_url: parts.clickhouse.address,
    kafka_brokers: parts.kafka.address,
    schema_registry_url: parts.registry.address,
    admin_urls: Object.fromEntries([...adminUrls].map(([role, specs]) => [role, specs.map(({ adminUrl }) => adminUrl)])),
    twins: plan.twins,
    pids: {
      kafka: parts.kafka.pid,
      kafka_brokers: parts.kafka.pids ?? [parts.kafka.pid].filter((pid) => pid > 0),
      registry: parts.registry.pid,
      clickhouse: parts.clickhouse.pid,
      edge: pidsOf('edge'),
      attribution: pidsOf('attribution'),
      forward: { meta: first('forward.meta'), google: first('forward.google'), tiktok: first('forward.tiktok') },
      store: pidsOf('store'),
      console: pidsOf('console'),
    },
    operator_api_key: operatorKey,
    workspace,
  }
}
