import { type ComponentChildren, h } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ListedAttempt, TimelineEntry } from '../../../store/get-event.ts'
import type { ShownEvent } from '../../api/shown-event.ts'
import { get } from './api.ts'
import { Chip, sentence } from './chip.ts'
import { fullTime, money, nameOf, preciseTime, pretty, words } from './format.ts'

/** Everything about one event, in a dialog at the side. `stamp` changes when the event did. */
export function Detail({ id, stamp, close }: { id: string; stamp: string; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [event, setEvent] = useState<ShownEvent>()
  const [problem, setProblem] = useState('')
  useEffect(() => dialog.current?.showModal(), [])
  useEffect(() => {
    let isOld = false
    get<ShownEvent>(`/postback/events/${encodeURIComponent(id)}`).then(
      (found) => {
        if (isOld) return
        setEvent(found)
        setProblem('')
      },
      (error: Error) => {
        if (!isOld) setProblem(error.message)
      },
    )
    return () => {
      isOld = true
    }
  }, [id, stamp])
  return h(
    'dialog',
    {
      ref: dialog,
      class: 'drawer',
      'aria-labelledby': 'detail-title',
      onClose: close,
      onClick: (click: MouseEvent) => click.target === dialog.current && close(),
    },
    h('div', { class: 'drawer-body' }, [
      h('header', { class: 'drawer-head' }, [
        h('div', null, [h('h2', { id: 'detail-title' }, event?.event ?? 'Postback'), h('p', { class: 'mono muted' }, id)]),
        h('button', { class: 'button', type: 'button', onClick: close }, 'Close'),
      ]),
      problem === '' ? null : h('p', { class: 'notice', role: 'alert' }, problem),
      event === undefined ? (problem === '' ? h('p', { class: 'muted' }, 'Loading …') : null) : h(Body, { event }),
    ]),
  )
}

function Body({ event }: { event: ShownEvent }) {
  return h('div', { class: 'detail' }, [
    h('div', { class: 'verdict' }, [
      h(Chip, { status: event.status }),
      h('p', null, event.why === undefined ? STATUS_TEXT[event.status] : sentence(event.why)),
    ]),
    event.nearest_click_id === null
      ? null
      : h('p', { class: 'notice' }, ['The nearest click id seen is ', h('code', null, event.nearest_click_id), '.']),
    h(Facts, {
      facts: {
        Received: fullTime(event.received_at),
        'Happened at': event.event_time === null ? null : fullTime(event.event_time),
        Value: money(event.value, event.currency),
        Status: event.conversion_status,
        Tracker: nameOf(event.tracker),
        'Click id': event.click_id,
        'Transaction id': event.transaction_id,
        'Event id': event.event_id,
        'Matched by': event.matched_by === null ? null : words(event.matched_by),
        Campaign: event.campaign_id,
      },
    }),
    event.problems.length === 0
      ? null
      : h(
          Part,
          { title: 'What to mend' },
          h(
            'ul',
            { class: 'problems' },
            event.problems.map((one) =>
              h('li', null, [h('strong', null, one.param === '' ? one.code : one.param), ` ${one.message} ${one.fix}`]),
            ),
          ),
        ),
    h(Part, { title: 'Timeline' }, h('ol', { class: 'timeline' }, event.timeline.map(Step))),
    h(
      Part,
      { title: 'Calls of the platforms' },
      event.attempts.length === 0
        ? h('p', { class: 'muted' }, 'No platform was called yet.')
        : event.attempts.map((attempt) => h(Attempt, { attempt })),
    ),
    h(Part, { title: 'How it was read' }, h(Facts, { facts: flat(event.reading ?? {}), isMono: true })),
    Object.keys(event.unread).length === 0
      ? null
      : h(Part, { title: 'Parameters nobody reads' }, h(Facts, { facts: event.unread, isMono: true })),
    event.click === null ? null : h(Part, { title: 'The click it met' }, h(Facts, { facts: flat(event.click), isMono: true })),
  ])
}

const STATUS_TEXT: Readonly<Record<string, string>> = {
  received: 'It is stored; attribution has not seen it yet.',
  deferred: 'It came over the rate limit and is handled in its turn.',
  matched: 'It met its click; no platform has accepted it yet.',
  forwarded: 'A platform has accepted it.',
  failed: 'No platform took it; the calls below say why.',
  duplicate: 'The same conversion was sent before and counts once.',
  held: 'It waits for its click.',
}

const Part = ({ title, children }: { title: string; children?: ComponentChildren }) =>
  h('section', { class: 'part' }, [h('h3', null, title), children])

function Facts({ facts, isMono = false }: { facts: Readonly<Record<string, string | null>>; isMono?: boolean }) {
  const shown = Object.entries(facts).filter(([, value]) => value !== null && value !== '')
  return h(
    'dl',
    { class: isMono ? 'facts mono' : 'facts' },
    shown.map(([name, value]) => h('div', { key: name }, [h('dt', null, name), h('dd', null, value)])),
  )
}

function Step({ at, stage, why, platform }: TimelineEntry) {
  return h('li', { class: `step step-${stage}` }, [
    h('span', { class: 'step-stage' }, [
      words(stage),
      platform === undefined ? null : h('span', { class: 'muted' }, ` ${nameOf(platform)}`),
    ]),
    h('time', { dateTime: at, class: 'muted', title: fullTime(at) }, preciseTime(at)),
    why === undefined ? null : h('p', { class: 'step-why' }, sentence(why)),
  ])
}

function Attempt({ attempt }: { attempt: ListedAttempt }) {
  const { platform, n, verdict, http_status, latency_ms, at, trace_id } = attempt
  return h('details', { class: 'attempt' }, [
    h('summary', null, [
      h('span', { class: `chip chip-verdict-${verdict}` }, verdict),
      h('span', null, `${nameOf(platform)}, call ${n}`),
      h('span', { class: 'muted' }, `${http_status ?? 'no answer'} · ${latency_ms} ms`),
    ]),
    h('p', { class: 'muted' }, `${preciseTime(at)}${trace_id === null ? '' : ` · ${trace_id}`}`),
    h('h4', null, 'Request'),
    h('pre', { tabIndex: 0 }, pretty(attempt.request)),
    h('h4', null, 'Answer'),
    h('pre', { tabIndex: 0 }, pretty(attempt.response)),
  ])
}

/** Fields with something in them, as text. */
function flat(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts = Object.entries(fields).flatMap(([name, value]): [string, string][] => {
    if (value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)) return []
    if (/_(at|time)$/.test(name) && typeof value === 'string') return [[name, fullTime(value)]]
    return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]]
  })
  return Object.fromEntries(texts)
}
