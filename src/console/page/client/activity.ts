import { h } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { STATUSES } from '../../../events/stages.ts'
import type { EventPage } from '../../../store/list-events.ts'
import type { ListedEvent } from '../../../store/listed-event.ts'
import type { Counts } from '../../../store/stats.ts'
import { get } from './api.ts'
import { Connect } from './connect.ts'
import { Detail } from './detail.ts'
import { EventsTable } from './events-table.ts'
import { type Filter, merged, newestFirst, queryOf, type Rows, readFilter } from './filter.ts'
import { count, words } from './format.ts'
import { follow, type LiveState } from './live.ts'
import { createPaced, type Paced } from './paced.ts'
import { CountList, PlatformTable, RANGES, type Range, Reasons, SuccessRate } from './stats.ts'

const ROWS_MAX = 500
const PAGE_SIZE = '50'
/** Counts are read again this long after a change, so that a burst of changes costs one reading. */
const STATS_AFTER_MS = 700
const STATS_EVERY_MS = 30_000

/** Counts, and the list that moves by itself. */
export function Activity({ mayChange, onLive }: { mayChange: boolean; onLive: (state: LiveState) => void }) {
  const [filter, setFilter] = useState<Filter>(() => readFilter(location.search))
  const [range, setRange] = useState<Range>('day')
  const { rows, cursor, isLoaded, problem, more, change } = useRows(filter)
  const { stats, refresh } = useStats(range)
  const [opened, setOpened] = useState(() => new URLSearchParams(location.search).get('event') ?? '')

  useEffect(
    () =>
      follow({
        state: onLive,
        changed: (events) => {
          change(events)
          refresh()
        },
      }),
    [change, refresh, onLive],
  )
  useEffect(() => {
    const query = new URLSearchParams(Object.entries({ ...filter, event: opened }).filter(([, value]) => value !== ''))
    history.replaceState(null, '', query.size === 0 ? location.pathname : `?${query}`)
  }, [filter, opened])

  const events = newestFirst(rows)
  const isFresh = isLoaded && events.length === 0 && filter.status === '' && filter.q === '' && problem === ''
  if (isFresh) return h(FirstSteps, { mayChange })
  return h('div', { class: 'activity' }, [
    h('div', { class: 'overview' }, [
      h(Ranges, { range, setRange }),
      h(SuccessRate, { stats }),
      h(CountList, { stats }),
      h(PlatformTable, { stats }),
      h(Reasons, { stats }),
    ]),
    h('section', { class: 'card list', 'aria-labelledby': 'list-title' }, [
      h('div', { class: 'list-head' }, [
        h('h2', { id: 'list-title' }, 'Recent postbacks'),
        h('p', { class: 'muted', 'aria-live': 'polite', id: 'list-count' }, `${count(events.length)} shown`),
        h(Search, { filter, setFilter }),
      ]),
      h(StatusFilter, { filter, setFilter }),
      problem === '' ? null : h('p', { class: 'notice', role: 'alert' }, problem),
      events.length === 0 && isLoaded
        ? h('p', { class: 'empty' }, 'No postback fits the filter.')
        : h(EventsTable, { events, open: setOpened }),
      cursor === null ? null : h('button', { class: 'button more', type: 'button', onClick: more }, 'Show older ones'),
    ]),
    opened === ''
      ? null
      : h(Detail, { key: opened, id: opened, stamp: JSON.stringify(rows.get(opened) ?? ''), close: () => setOpened('') }),
  ])
}

/** The list under a filter: loaded page by page, renewed by what changes. */
function useRows(filter: Filter) {
  const [rows, setRows] = useState<Rows>(new Map())
  const [cursor, setCursor] = useState<string | null>(null)
  const [isLoaded, setLoaded] = useState(false)
  const [problem, setProblem] = useState('')
  /** What changed since the load began; it is newer than what the load brings. */
  const since = useRef<ListedEvent[]>([])
  const loads = useRef(0)

  const load = useCallback(
    (from?: string) => {
      since.current = []
      loads.current += 1
      const own = loads.current
      const loaded = (page: EventPage): void => {
        const changed = since.current
        setRows((old) => merged(merged(from === undefined ? new Map() : old, page.items, filter, ROWS_MAX), changed, filter, ROWS_MAX))
        setCursor(page.next_cursor)
      }
      get<EventPage>('/postback/events', { ...queryOf(filter), limit: PAGE_SIZE, cursor: from })
        .then((page) => {
          if (own !== loads.current) return // the filter has changed meanwhile
          loaded(page)
          setProblem('')
        })
        .catch((error: Error) => setProblem(error.message))
        .finally(() => setLoaded(true))
    },
    [filter],
  )
  useEffect(() => load(), [load])
  const change = useCallback(
    (events: ListedEvent[]) => {
      since.current.push(...events)
      setRows((old) => merged(old, events, filter, ROWS_MAX))
    },
    [filter],
  )
  const more = useCallback(() => {
    if (cursor !== null) load(cursor)
  }, [cursor, load])
  return { rows, cursor, isLoaded, problem, more, change }
}

function useStats(range: Range) {
  const [stats, setStats] = useState<Counts>()
  const paced = useRef<Paced>(undefined)
  useEffect(() => {
    // When it fails the counts stay as they are; the next change or the next half minute reads them again.
    const read = () =>
      get<Counts>('/postback/stats', { from: new Date(Date.now() - RANGES[range].ms).toISOString() }).then(setStats, () => undefined)
    const own = createPaced(read, STATS_AFTER_MS, () => performance.now())
    paced.current = own
    const every = window.setInterval(own.ask, STATS_EVERY_MS)
    return () => {
      window.clearInterval(every)
      own.stop()
    }
  }, [range])
  const refresh = useCallback(() => paced.current?.ask(), [])
  return { stats, refresh }
}

const Ranges = ({ range, setRange }: { range: Range; setRange: (range: Range) => void }) =>
  h(
    'div',
    { class: 'segments', role: 'group', 'aria-label': 'Time range of the counts' },
    (Object.keys(RANGES) as Range[]).map((id) =>
      h('button', { type: 'button', 'aria-pressed': id === range, onClick: () => setRange(id) }, RANGES[id].label),
    ),
  )

type Narrow = { filter: Filter; setFilter: (filter: Filter) => void }

const StatusFilter = ({ filter, setFilter }: Narrow) =>
  h(
    'div',
    { class: 'filters', role: 'group', 'aria-label': 'Show only' },
    ['', ...STATUSES].map((status) =>
      h(
        'button',
        { type: 'button', class: 'filter', 'aria-pressed': filter.status === status, onClick: () => setFilter({ ...filter, status }) },
        status === '' ? 'all' : words(status),
      ),
    ),
  )

function Search({ filter, setFilter }: Narrow) {
  const timer = useRef<number | undefined>(undefined)
  const search = (event: Event) => {
    const q = (event.target as HTMLInputElement).value.trim()
    window.clearTimeout(timer.current)
    timer.current = window.setTimeout(() => setFilter({ ...filter, q }), 300)
  }
  return h('input', {
    class: 'search',
    type: 'search',
    'aria-label': 'Search ids',
    placeholder: 'Part of an id, or sub1:value',
    defaultValue: filter.q,
    onInput: search,
  })
}

const FirstSteps = ({ mayChange }: { mayChange: boolean }) =>
  h('div', { class: 'first' }, [
    h('section', { class: 'card first-card' }, [
      h('h2', null, 'No postback has come in yet'),
      h(
        'p',
        null,
        'Paste the postback URL into your tracker, or send a first test from a shell. It shows up here within two seconds, with the click it met and the answer of each ad platform.',
      ),
    ]),
    h(Connect, { mayChange, isFirst: true }),
  ])
