import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A source of the demo workspace, as the console answered it. */
export type StackSource = {
  readonly id: string
  readonly kind: 'tracker' | 'backend'
  readonly tracker: string
  readonly key: string
  readonly click_key: string
  readonly postback_url: string
  readonly click_url: string
}

/** `.local/stack.json`: where everything is and how to get in. Scripts and tests read it. */
export type Stack = {
  readonly edge_url: string
  readonly console_url: string
  readonly clickhouse_url: string
  readonly kafka_brokers: string
  readonly schema_registry_url: string
  readonly admin_urls: Readonly<Record<string, readonly string[]>>
  readonly twins: { readonly meta: string; readonly google: string; readonly tiktok: string }
  readonly pids: {
    /** The first broker. */
    readonly kafka: number
    /** Every broker that is a process of this machine, in the order of their ids. */
    readonly kafka_brokers: readonly number[]
    readonly registry: number
    readonly clickhouse: number
    readonly edge: readonly number[]
    readonly attribution: readonly number[]
    readonly forward: { readonly meta: number; readonly google: number; readonly tiktok: number }
    readonly store: readonly number[]
    readonly console: readonly number[]
  }
  readonly operator_api_key: string
  readonly workspace: {
    readonly id: string
    readonly api_key: string
    readonly admin_email: string
    readonly admin_password: string
    readonly sources: readonly StackSource[]
  }
}

/** Written whole or not at all, readable by this user alone: it holds keys. */
export function writePrivate(file: string, value: unknown): void {
  const partial = `${file}.${process.pid}`
  writeFileSync(partial, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  chmodSync(partial, 0o600)
  renameSync(partial, file)
}

export function readPrivate<Value>(dataDir: string, name: string): Value | null {
  const file = join(dataDir, name)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Value) : null // our own file
}
