import { h } from 'preact'
import type { ListedDelivery, ListedEvent } from '../../../store/listed-event.ts'
import { Chip, sentence } from './chip.ts'
import { dayOf, money, nameOf, timeOf, words } from './format.ts'

/** What comes in while the page is open is shown as new for a moment. */
const OPENED_MS = Date.now()
/** The status stands where the narrowest screen still shows it. */
const COLUMNS = ['Time', 'Status', 'Event', 'Value', 'Tracker', 'Click id', 'Sent to']

export function EventsTable({ events, open }: { events: readonly ListedEvent[]; open: (id: string) => void }) {
  const now = Date.now()
  return h(
    'div',
    { class: 'scroll' },
    h('table', { class: 'events' }, [
      h('caption', { class: 'hidden' }, 'Recent postbacks, newest first'),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          COLUMNS.map((name) => h('th', { scope: 'col', class: name === 'Value' ? 'num' : '' }, name)),
        ),
      ),
      h(
        'tbody',
        null,
        events.map((event) => h(Row, { key: event.postback_id, event, open, now })),
      ),
    ]),
  )
}

function Row({ event, open, now }: { event: ListedEvent; open: (id: string) => void; now: number }) {
  const { postback_id: id, why } = event
  const day = dayOf(event.received_at, now)
  return h(
    'tr',
    {
      'data-postback': id,
      'data-status': event.status,
      class: Date.parse(event.received_at) > OPENED_MS ? 'row is-new' : 'row',
      onClick: () => open(id),
    },
    [
      h('td', { class: 'time' }, [
        day === '' ? null : h('span', { class: 'day' }, day),
        h('time', { dateTime: event.received_at }, timeOf(event.received_at)),
      ]),
      h('td', { class: 'status' }, [
        h(Chip, { status: event.status }),
        why === undefined ? null : h('span', { class: 'why', title: sentence(why) }, words(why)),
      ]),
      h('td', null, [
        h(
          'button',
          {
            class: 'row-open',
            type: 'button',
            onClick: (click: MouseEvent) => {
              click.stopPropagation()
              open(id)
            },
          },
          event.event ?? 'Not named',
        ),
        event.conversion_status === null ? null : h('span', { class: 'sub' }, event.conversion_status),
        event.test ? h('span', { class: 'tag' }, 'test') : null,
      ]),
      h('td', { class: 'num' }, money(event.value, event.currency)),
      h('td', null, nameOf(event.tracker)),
      h('td', { class: 'id', title: event.click_id ?? '' }, event.click_id ?? h('span', { class: 'none' }, 'none')),
      h(
        'td',
        null,
        event.deliveries.length === 0 ? h('span', { class: 'none' }, '–') : h('ul', { class: 'sent' }, event.deliveries.map(Delivery)),
      ),
    ],
  )
}

function Delivery({ platform, destination_id, status, why }: ListedDelivery) {
  const title = `${nameOf(platform)}: ${words(status)}${why === undefined ? '' : `. ${sentence(why)}`}`
  return h('li', { key: destination_id, class: `sent-to dot-${status}`, title }, [
    nameOf(platform),
    h('span', { class: 'hidden' }, ` ${words(status)}`),
  ])
}
