import type { Command } from 'commander'
import { TRACKERS } from '../../events/words.ts'
import type { Ctl } from './index.ts'
import { collect, given, jsonObject, wholeNumber } from './options.ts'
import { fields, table } from './table.ts'

type Item = Record<string, unknown>
const at = (path: string, id: string, action = ''): string => `/${path}/${encodeURIComponent(id)}${action}`

export function addConfiguration(program: Command, ctl: Ctl): void {
  addSources(group(program, ctl, 'sources', 'who sends postbacks', ['id', 'kind', 'tracker', 'name', 'postback_url']), ctl)
  addDestinations(
    group(program, ctl, 'destinations', 'where conversions go', ['id', 'platform', 'name', 'active', 'sandbox', 'resumed_at']),
    ctl,
  )
  addRules(group(program, ctl, 'rules', 'which destinations get which conversions', ['id', 'name', 'when', 'destination_ids']), ctl)
}

/** `list`, `get` and `delete` of a collection. */
function group(program: Command, ctl: Ctl, path: string, description: string, columns: readonly string[]): Command {
  const command = program.command(path).description(description)
  command
    .command('list')
    .action(async () => ctl.print(await ctl.client().call<{ items: Item[] }>('GET', `/${path}`), ({ items }) => table(items, columns)))
  command
    .command('get')
    .argument('<id>')
    .action(async (id: string) => ctl.print(await ctl.client().call<Item>('GET', at(path, id)), fields))
  command
    .command('delete')
    .argument('<id>')
    .action(async (id: string) => {
      await ctl.client().call('DELETE', at(path, id))
      ctl.print({ id, deleted: true }, () => `${id} is deleted`)
    })
  return command
}

function addSources(sources: Command, ctl: Ctl): void {
  sources
    .command('create')
    .requiredOption('--tracker <tracker>', TRACKERS.join(', '))
    .requiredOption('--name <name>')
    .option('--kind <kind>', 'tracker or backend', 'tracker')
    .option('--currency <code>', 'when a value comes without one')
    .option('--country <code>', 'for phone numbers without a country code')
    .option('--timezone <name>', 'for times without an offset')
    .option('--decimal <mark>', 'what stands before decimals, . or ,')
    .option('--require-signature', 'a backend must sign each request')
    .action(async ({ currency, country, requireSignature, ...rest }: Item) => {
      const body = given({ ...rest, default_currency: currency, default_country: country, require_signature: requireSignature })
      ctl.print(await ctl.client().call<Item>('POST', '/sources', body), fields)
    })
  sources
    .command('rotate')
    .argument('<id>')
    .option('--overlap-days <n>', 'how long the key in use still works', wholeNumber)
    .action(async (id: string, { overlapDays }: { overlapDays?: number }) => {
      const body = given({ overlap_days: overlapDays })
      ctl.print(await ctl.client().call<Item>('POST', at('sources', id, '/rotate'), body), fields)
    })
  sources
    .command('keys')
    .argument('<id>')
    .description('the versions of its key, and when postbacks came with each')
    .action(async (id: string) => {
      const { items } = await ctl.client().call<{ items: Item[] }>('GET', at('sources', id, '/keys'))
      ctl.print(items, (shown) => table(shown, ['version', 'state', 'created_at', 'retires_at', 'first_used_at', 'last_used_at']))
    })
  sources
    .command('words')
    .argument('<id>')
    .description('what it sends and no map knows, with the number of postbacks that are kept for it')
    .action(async (id: string) => {
      const { items } = await ctl.client().call<{ items: Item[] }>('GET', at('sources', id, '/words'))
      ctl.print(items, (shown) => table(shown, ['event', 'status', 'count', 'first_at', 'last_at', 'postback_id']))
    })
  sources
    .command('map')
    .argument('<id>')
    .argument('<word>', 'as it is sent; event:<word> or status:<word> for one side alone')
    .option('--event <event>', 'our event')
    .option('--status <status>', 'our status of the conversion')
    .action(async (id: string, word: string, { event, status }: { event?: string; status?: string }) => {
      const { status_map } = await ctl.client().call<{ status_map: Item }>('GET', at('sources', id))
      const meaning = { event: event ?? null, conversion_status: status ?? null }
      const body = { status_map: { ...status_map, [word.trim().toLowerCase()]: meaning } }
      ctl.print(await ctl.client().call<Item>('PATCH', at('sources', id), body), fields)
    })
  sources
    .command('reread')
    .argument('<id>')
    .description('reads what is kept for unknown words once more, with the map as it is; each postback is decided once')
    .action(async (id: string) => {
      const all = { read_again: 0, still_unmapped: 0 }
      for (let cursor: string | undefined; ; ) {
        const { next_cursor, ...counts } = await ctl
          .client()
          .call<typeof all & { next_cursor: string | null }>('POST', at('sources', id, '/reread'), given({ cursor }))
        all.read_again += counts.read_again
        all.still_unmapped += counts.still_unmapped
        if (next_cursor === null) break
        cursor = next_cursor
      }
      ctl.print(all, fields)
    })
  sources
    .command('revoke')
    .argument('<id>')
    .option('--key-version <n>', 'this version alone', wholeNumber)
    .action(async (id: string, { keyVersion }: { keyVersion?: number }) => {
      ctl.print(await ctl.client().call<Item>('POST', at('sources', id, '/revoke'), given({ version: keyVersion })), fields)
    })
}

function addDestinations(destinations: Command, ctl: Ctl): void {
  const options = (command: Command): Command =>
    command
      .option('--settings <json>', 'such as {"pixel_id": "1234567890"}, or @<file>', jsonObject)
      .option('--credentials <json>', 'such as {"access_token": "..."}; better @<file>, away from the history', jsonObject)
      .option('--event-map <json>', 'our event to the name of the platform, null: not sent', jsonObject)
      .option('--test-code <code>')
      .option('--sandbox', 'send to the twin instead of the platform')
      .option('--no-sandbox')
      .option('--send-unmatched')
      .option('--no-send-unmatched')
  const bodyOf = ({ eventMap, testCode, sendUnmatched, inactive, active, ...rest }: Item): Item =>
    given({ ...rest, event_map: eventMap, test_code: testCode, send_unmatched: sendUnmatched, active: inactive ? false : active })

  options(
    destinations.command('create').requiredOption('--platform <id>', 'meta, google or tiktok').requiredOption('--name <name>'),
  ).action(async (body: Item) => ctl.print(await ctl.client().call<Item>('POST', '/destinations', bodyOf(body)), fields))
  options(
    destinations
      .command('update')
      .argument('<id>')
      .option('--name <name>')
      .option('--active')
      .option('--inactive', 'nothing is sent there'),
  ).action(async (id: string, body: Item) =>
    ctl.print(await ctl.client().call<Item>('PATCH', at('destinations', id), bodyOf(body)), fields),
  )
  destinations
    .command('resume')
    .argument('<id>')
    .description('ends the block of a destination that was mended')
    .action(async (id: string) => ctl.print(await ctl.client().call<Item>('POST', at('destinations', id, '/resume')), fields))
}

function addRules(rules: Command, ctl: Ctl): void {
  rules
    .command('create')
    .requiredOption('--name <name>')
    .requiredOption('--when <json>', 'such as {"event": ["Purchase"]}', jsonObject)
    .option('--to <destination>', 'can be repeated; none: kept back', collect, [])
    .option('--position <n>', 'place in the order of trial, 0 the first', wholeNumber)
    .action(async ({ to, ...rest }: Item) => {
      ctl.print(await ctl.client().call<Item>('POST', '/rules', given({ ...rest, destination_ids: to })), fields)
    })
}
