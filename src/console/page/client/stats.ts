import { h } from 'preact'
import type { Counts } from '../../../store/stats.ts'
import { sentence } from './chip.ts'
import { count, nameOf, percent, words } from './format.ts'

export const RANGES = {
  hour: { label: 'Last hour', ms: 3_600_000 },
  day: { label: '24 hours', ms: 86_400_000 },
  week: { label: '7 days', ms: 604_800_000 },
} as const
export type Range = keyof typeof RANGES

const TARGET = 0.9

export function SuccessRate({ stats }: { stats: Counts | undefined }) {
  const rate = stats?.success_rate ?? null
  const sample = stats === undefined ? 0 : stats.matched + stats.unmatched + stats.held
  const isGood = rate !== null && rate > TARGET
  return h(
    'section',
    { class: 'card rate', 'aria-labelledby': 'rate-title' },
    h('h2', { id: 'rate-title' }, 'Success rate'),
    h(
      'p',
      { class: `rate-number ${rate === null ? 'is-empty' : isGood ? 'is-good' : 'is-low'}`, id: 'success-rate' },
      rate === null ? '—' : percent(rate),
      rate === null ? null : h('span', { class: 'rate-unit' }, '%'),
    ),
    h(
      'div',
      { class: 'rate-scale', 'aria-hidden': 'true' },
      h('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', class: 'rate-bar' }, [
        h('rect', { x: 0, y: 0, width: 100, height: 10, class: 'rate-track' }),
        h('rect', { x: 0, y: 0, width: (rate ?? 0) * 100, height: 10, class: isGood ? 'rate-fill is-good' : 'rate-fill is-low' }),
        h('rect', { x: TARGET * 100 - 0.2, y: 0, width: 0.5, height: 10, class: 'rate-target' }),
      ]),
      h('span', { class: 'rate-target-label' }, 'target 90 %'),
    ),
    h(
      'p',
      { class: 'rate-sample' },
      sample === 0 ? 'Nothing to match yet.' : `${count(stats?.matched ?? 0)} matched of ${count(sample)} to match. ${verdict(rate)}`,
    ),
  )
}

function verdict(rate: number | null): string {
  if (rate === null) return ''
  return rate > TARGET ? 'Above the target.' : `${percent(TARGET - rate)} points below the target.`
}

const COUNTS = ['received', 'matched', 'held', 'unmatched', 'duplicate', 'quarantined', 'deferred'] as const
/** What each count means, for those who wonder. */
const MEANING: Readonly<Record<(typeof COUNTS)[number], string>> = {
  received: 'all postbacks',
  matched: 'met their click',
  held: 'wait for their click',
  unmatched: 'have no click',
  duplicate: 'sent again',
  quarantined: 'could not be read',
  deferred: 'over the limit, queued',
}

export function CountList({ stats }: { stats: Counts | undefined }) {
  return h(
    'section',
    { class: 'card counts', 'aria-labelledby': 'counts-title' },
    h('h2', { id: 'counts-title' }, 'Postbacks'),
    h(
      'dl',
      { class: 'count-list' },
      COUNTS.map((name) =>
        h('div', { class: `count count-${name}`, key: name }, [
          h('dt', null, [h('span', { class: 'count-name' }, name), h('span', { class: 'count-meaning' }, MEANING[name])]),
          h('dd', { 'data-count': name }, stats === undefined ? '–' : count(stats[name])),
        ]),
      ),
    ),
  )
}

const COLUMNS = ['forwarded', 'queued', 'retrying', 'failed', 'blocked', 'suppressed'] as const

export function PlatformTable({ stats }: { stats: Counts | undefined }) {
  const platforms = Object.entries(stats?.platforms ?? {})
  return h(
    'section',
    { class: 'card platforms', 'aria-labelledby': 'platforms-title' },
    h('h2', { id: 'platforms-title' }, 'Sent to ad platforms'),
    h(
      'div',
      { class: 'scroll' },
      h('table', { class: 'numbers' }, [
        h(
          'thead',
          null,
          h('tr', null, [h('th', { scope: 'col' }, 'Platform'), ...COLUMNS.map((name) => h('th', { scope: 'col', class: 'num' }, name))]),
        ),
        h(
          'tbody',
          null,
          platforms.map(([id, counts]) =>
            h('tr', { key: id, 'data-platform': id }, [
              h('th', { scope: 'row' }, nameOf(id)),
              ...COLUMNS.map((name) =>
                h('td', { class: `num cell-${name}${counts[name] === 0 ? ' is-zero' : ''}`, 'data-stage': name }, count(counts[name])),
              ),
            ]),
          ),
        ),
      ]),
    ),
  )
}

const REASONS_MAX = 4

export function Reasons({ stats }: { stats: Counts | undefined }) {
  const reasons = Object.entries(stats?.unmatched_by ?? {}).sort(([, a], [, b]) => b - a)
  if (reasons.length === 0) return null
  return h(
    'section',
    { class: 'card reasons', 'aria-labelledby': 'reasons-title' },
    h('h2', { id: 'reasons-title' }, 'Why postbacks found no click'),
    h(
      'ol',
      { class: 'reason-list' },
      reasons
        .slice(0, REASONS_MAX)
        .map(([why, n]) =>
          h('li', { key: why }, [
            h('span', { class: 'reason-count' }, count(n)),
            h('div', null, [h('p', { class: 'reason-name' }, words(why)), h('p', { class: 'reason-fix' }, sentence(why))]),
          ]),
        ),
    ),
  )
}
