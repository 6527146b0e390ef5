import { parseArgs } from 'node:util'
import { Fault } from '../events/fault.ts'
import { PLATFORM_IDS, type PlatformId } from '../events/words.ts'
import type { Twins } from './ask-twins.ts'

export type VerifyArgs = {
  readonly help: boolean
  readonly acceptedFile: string | null
  readonly workspaces: readonly string[] | null
  readonly sinceMs: number
  readonly twins: Twins
  /** A `stack.json`, from which all addresses are taken. */
  readonly stackFile: string | null
  readonly json: boolean
  readonly limit: number
  readonly settleMs: number
}

export const HELP = `node src/main.ts verify [options]

Compares by id what the edge accepted, the topics postbacks, clicks, pending, outcomes, deliver.*, retry.*, held and dead, what
the twins believe, and ClickHouse's views; attributes every postback anew from clicks and postbacks; names every difference.

  --accepted FILE         postback ids the edge answered 2xx for: one a line, or its replies as they came, one a line
  --workspaces a,b        only these workspaces
  --since ISO             only what was received from then on
  --twins meta=URL,...    twins to ask; default: TWIN_META_URL, TWIN_GOOGLE_URL, TWIN_TIKTOK_URL
  --stack FILE            take every address from a stack.json of the local stack
  --settle-seconds N      how long the readers may take to catch up before it begins (60)
  --limit N               examples shown of each kind of difference (20)
  --json                  the report as one JSON object

Addresses come from KAFKA_BROKERS, SCHEMA_REGISTRY_URL and CLICKHOUSE_URL, as for every role. It reads and asks, and changes nothing.
Exit: 0 everything agrees, 1 there are differences, 2 wrong arguments or a part that cannot be asked.`

const LIMIT_MAX = 100_000
const SETTLE_MAX_S = 3_600

/** Throws `config_invalid` for what it does not know. */
export function readVerifyArgs(args: readonly string[]): VerifyArgs {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        accepted: { type: 'string' },
        workspaces: { type: 'string' },
        since: { type: 'string' },
        twins: { type: 'string' },
        stack: { type: 'string' },
        json: { type: 'boolean' },
        limit: { type: 'string', default: '20' },
        'settle-seconds': { type: 'string', default: '60' },
      },
    })
    return {
      help: values.help === true,
      acceptedFile: values.accepted ?? null,
      workspaces: values.workspaces === undefined ? null : listOf('--workspaces', values.workspaces),
      sinceMs: values.since === undefined ? 0 : instantOf(values.since),
      twins: values.twins === undefined ? {} : twinsOf(values.twins),
      stackFile: values.stack ?? null,
      json: values.json === true,
      limit: numberOf('--limit', values.limit, 0, LIMIT_MAX),
      settleMs: numberOf('--settle-seconds', values['settle-seconds'], 0, SETTLE_MAX_S) * 1_000,
    }
  } catch (error) {
    const [said = ''] = (error as Error).message.split('\n')
    throw new Fault('config_invalid', `${said.replace(/\.$/, '')}. See: node src/main.ts verify --help`)
  }
}

function listOf(name: string, text: string): string[] {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.some((part) => !/^[a-z0-9_]{2,40}$/.test(part))) throw new Error(`${name} wants workspace ids, comma separated`)
  return parts
}

function instantOf(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) throw new Error(`--since ${text} is no ISO 8601 instant such as 2026-11-26T09:00:00Z`)
  return ms
}

function twinsOf(text: string): Twins {
  const entries = text.split(',').map((part) => {
    const [platform = '', url = ''] = part.split(/=(.*)/s)
    if (!(PLATFORM_IDS as readonly string[]).includes(platform) || !URL.canParse(url))
      throw new Error(`--twins wants ${PLATFORM_IDS.join('=URL,')}=URL`)
    return [platform as PlatformId, url] as const
  })
  return Object.fromEntries(entries)
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < least || number > most)
    throw new Error(`${name} ${text} is not a whole number from ${least} to ${most}`)
  return number
}
