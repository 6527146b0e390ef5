import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { get } from './api.ts'
import { dayOf, timeOf } from './format.ts'

export type KeyVersion = {
  readonly version: number
  readonly state: 'live' | 'retiring' | 'retired' | 'revoked'
  readonly retires_at: string | null
  readonly last_used_at: string | null
}

/** Once a key was rotated: which version still works, and when a postback came with it last. */
export function KeyUse({ sourceId }: { sourceId: string }) {
  const [items, setItems] = useState<readonly KeyVersion[]>([])
  useEffect(() => {
    get<{ items: KeyVersion[] }>(`/sources/${sourceId}/keys`).then(
      (found) => setItems(found.items),
      () => undefined, // without it the URLs are as good
    )
  }, [sourceId])
  if (items.length < 2) return null
  return h('section', { class: 'part', 'data-keys': sourceId }, [
    h('h3', null, 'Versions of its key'),
    h(
      'ul',
      { class: 'problems' },
      items.map((one) => h('li', { key: one.version }, keyLine(one, Date.now()))),
    ),
  ])
}

export function keyLine({ version, state, retires_at, last_used_at }: KeyVersion, nowMs: number): string {
  const until = state === 'retiring' && retires_at !== null ? ` until ${instant(retires_at, nowMs)}` : ''
  return `Version ${version}, ${state}${until}: ${last_used_at === null ? 'never used' : `last used ${instant(last_used_at, nowMs)}`}`
}

const instant = (iso: string, nowMs: number): string => [dayOf(iso, nowMs), timeOf(iso)].filter((part) => part !== '').join(', ')
