import { h } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { CONVERSION_STATUSES, EVENTS } from '../../../events/words.ts'
import type { KeptWords } from '../../../store/unmapped.ts'
import { get, patch, post } from './api.ts'
import { count, words as spaced } from './format.ts'

type Mapped = { readonly status_map: Readonly<Record<string, unknown>> }
type Answer = { readonly read_again: number; readonly still_unmapped: number; readonly next_cursor: string | null }

/** Words that a source sends and nobody knows, each with a way to say what it means. Mapping one reads all that is kept for it. */
export function UnknownWords({ sourceId }: { sourceId: string }) {
  const [items, setItems] = useState<readonly KeptWords[]>([])
  const [told, setTold] = useState('')
  const load = useCallback(
    () =>
      get<{ items: KeptWords[] }>(`/sources/${sourceId}/words`).then(
        (found) => setItems(found.items),
        () => undefined, // a list that could not be read is no list; the events show the words too
      ),
    [sourceId],
  )
  useEffect(() => {
    void load()
  }, [load])
  const map = (word: string, meaning: object): void => {
    setTold('')
    mapWord(sourceId, word, meaning)
      .then(({ read_again }) => setTold(`${count(read_again)} read again.`))
      .catch((error: Error) => setTold(error.message))
      .finally(load)
  }
  if (items.length === 0 && told === '') return null
  return h('section', { class: 'part', 'data-words': sourceId }, [
    h('h3', null, 'Words nobody knows yet'),
    h('p', { class: 'muted' }, 'Say what a word means: postbacks that are kept for it are read again and count once.'),
    told === '' ? null : h('p', { class: 'notice', role: 'status' }, told),
    h(
      'ul',
      { class: 'problems' },
      items.map((one) => h(Line, { key: JSON.stringify([one.event, one.status]), one, map })),
    ),
  ])
}

/** The word that is mapped for a line: the event's where there is one, else the status's; the empty word where there is neither. */
export const wordOf = ({ event, status }: Pick<KeptWords, 'event' | 'status'>): string =>
  event !== null ? `event:${event}` : status !== null ? `status:${status}` : ''

function Line({ one, map }: { one: KeptWords; map: (word: string, meaning: object) => void }) {
  const save = (sent: SubmitEvent) => {
    sent.preventDefault()
    const fields = new FormData(sent.currentTarget as HTMLFormElement)
    const field = (name: string): string | null => String(fields.get(name) ?? '') || null
    map(wordOf(one), { event: field('event'), conversion_status: field('status') })
  }
  const shown = [one.event === null ? null : `event ${one.event}`, one.status === null ? null : `status ${one.status}`]
    .filter(Boolean)
    .join(', ')
  return h('li', null, [
    h('code', null, shown || 'neither event nor status'),
    h('span', { class: 'muted' }, ` kept ${count(one.count)} times `),
    h('form', { class: 'new-source', onSubmit: save }, [
      h(Choice, { name: 'event', label: 'Event', options: EVENTS }),
      h(Choice, { name: 'status', label: 'Status', options: CONVERSION_STATUSES }),
      h('button', { class: 'button', type: 'submit' }, 'Map and read again'),
    ]),
  ])
}

const Choice = ({ name, label, options }: { name: string; label: string; options: readonly string[] }) =>
  h('label', { class: 'inline' }, [
    `${label} `,
    h('select', { name }, [h('option', { value: '' }, 'none'), ...options.map((option) => h('option', { value: option }, spaced(option)))]),
  ])

/** Adds the word to the source's map and has everything read again that is kept. */
async function mapWord(sourceId: string, word: string, meaning: object): Promise<Pick<Answer, 'read_again'>> {
  const { status_map } = await get<Mapped>(`/sources/${sourceId}`)
  await patch(`/sources/${sourceId}`, { status_map: { ...status_map, [word.trim().toLowerCase()]: meaning } })
  let readAgain = 0
  for (let cursor: string | undefined; ; ) {
    const answer = await post<Answer>(`/sources/${sourceId}/reread`, cursor === undefined ? {} : { cursor })
    readAgain += answer.read_again
    if (answer.next_cursor === null) return { read_again: readAgain }
    cursor = answer.next_cursor
  }
}
