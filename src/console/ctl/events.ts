import type { Command } from 'commander'
import type { EventPage } from '../../store/list-events.ts'
import type { ListedEvent } from '../../store/listed-event.ts'
import type { Stats } from '../../store/stats.ts'
import type { ShownEvent } from '../api/shown-event.ts'
import { CtlFault, Unreachable } from './client.ts'
import type { Ctl } from './index.ts'
import { collect } from './options.ts'
import { fields, table } from './table.ts'

type Options = Record<string, string | undefined>
const COLUMNS = ['received_at', 'tracker', 'event', 'value', 'currency', 'click_id', 'sent_to', 'status', 'why', 'postback_id']
const AGAIN_MS = 1_000

export function addEvents(program: Command, ctl: Ctl): void {
  program
    .command('events')
    .description('recent postbacks, newest first')
    .option('--status <status>')
    .option('--event <event>')
    .option('--source-id <id>')
    .option('--platform <id>')
    .option('--why <why>')
    .option('--from <time>', 'ISO 8601, such as 2026-11-24T09:00:00Z')
    .option('--to <time>')
    .option('--q <text>', 'part of an id')
    .option('--sub <name=value>', 'sub3=blue: the whole value; may be given more than once', collect, [])
    .option('--limit <n>')
    .option('--cursor <cursor>')
    .option('--follow', 'go on with what changes')
    .action(async ({ follow, sub = [], ...options }: Options & { follow?: boolean; sub?: string[] }) => {
      const subs = Object.fromEntries(sub.map((pair) => pair.split(/=(.*)/s).slice(0, 2)))
      const page = await ctl.client().call<EventPage>('GET', `/postback/events${queryOf({ ...options, ...subs })}`)
      ctl.print(page, ({ items, next_cursor }) => {
        const more = next_cursor === null ? '' : `\nmore: --cursor ${next_cursor}`
        return table(items.map(line), COLUMNS) + more
      })
      if (follow) await followEvents(ctl, options.status)
    })
  program
    .command('event')
    .argument('<postback id>')
    .description('all that is known about one postback')
    .action(async (id: string) =>
      ctl.print(await ctl.client().call<ShownEvent>('GET', `/postback/events/${encodeURIComponent(id)}`), detail),
    )
  program
    .command('stats')
    .option('--from <time>', 'ISO 8601; default: 24 hours ago')
    .option('--to <time>')
    .option('--group-by <what>', 'tracker, source, campaign, platform, event or currency')
    .option('--bucket <width>', 'minute, hour or day')
    .option('--tz <name>')
    .action(async (options: Options) => ctl.print(await ctl.client().call<Stats>('GET', `/postback/stats${queryOf(options)}`), stats))
}

/** Prints each change until the console refuses; a broken connection is resumed. */
async function followEvents(ctl: Ctl, status: string | undefined): Promise<never> {
  let lastId: string | undefined
  for (;;) {
    try {
      for await (const { event, id, data } of ctl.client().listen('/postback/events/stream', lastId)) {
        if (event === 'ended') throw new CtlFault('The key is no longer valid.')
        lastId = id
        const changed = (data as ListedEvent[]).filter((one) => status === undefined || one.status === status)
        for (const one of changed)
          ctl.print(one, (shown) =>
            table([line(shown)], COLUMNS)
              .split('\n')
              .slice(1)
              .join('\n'),
          )
      }
    } catch (error) {
      if (error instanceof CtlFault && !(error instanceof Unreachable)) throw error
    }
    await new Promise((done) => setTimeout(done, AGAIN_MS))
  }
}

function queryOf(options: Options): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined)
      query.set(
        name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        value,
      )
  }
  return query.size === 0 ? '' : `?${query}`
}

const line = (event: ListedEvent): Record<string, unknown> => ({
  ...event,
  sent_to: event.deliveries.map(({ platform, status }) => `${platform}:${status}`).join(' '),
})

function detail(event: ShownEvent): string {
  const { reading, unread, raw, click, timeline, attempts, problems, deliveries: _, ...facts } = event
  const part = (title: string, text: string): string => `\n${title}\n${text}`
  return [
    fields(facts),
    part('timeline', table(timeline, ['at', 'stage', 'platform', 'why'])),
    part('attempts', table(attempts, ['at', 'platform', 'n', 'verdict', 'http_status', 'latency_ms', 'request', 'response'])),
    ...(problems.length > 0 ? [part('problems', table(problems, ['code', 'param', 'message', 'fix']))] : []),
    part('reading', reading === null ? 'not stored yet' : fields(reading)),
    part('unread', fields(unread)),
    part('as it came', fields(raw)),
    part('click', click === null ? 'none' : fields(click)),
  ].join('\n')
}

function stats({ platforms, groups, buckets, ...counts }: Stats): string {
  const all = [...(groups ?? []), ...(buckets ?? [])]
  return [
    fields(counts),
    '',
    table(
      Object.entries(platforms).map(([platform, of]) => ({ platform, ...of })),
      ['platform', 'queued', 'retrying', 'forwarded', 'confirmed', 'failed', 'suppressed', 'blocked', 'expired'],
    ),
    ...(all.length > 0
      ? ['', table(all, ['key', 'at', 'received', 'matched', 'held', 'unmatched', 'duplicate', 'quarantined', 'success_rate'])]
      : []),
  ].join('\n')
}
