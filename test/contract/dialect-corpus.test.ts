import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { EXAMPLES } from '../../src/dialects/examples.ts'
import { faultsOf } from './dialect-corpus/judge.ts'
import { fromNetworks } from './dialect-corpus/networks.ts'
import { wantedAndRead } from './dialect-corpus/read.ts'
import { fromTrackers } from './dialect-corpus/trackers.ts'

const ENTRIES_MIN = 200
const RIGHT_MIN = 0.98

const examples = Object.entries(EXAMPLES).flatMap(([dialect, all]) =>
  all.flatMap((example) => (example.docs === undefined ? [] : [{ dialect, docs: example.docs, example }])),
)
const entries = [...fromTrackers, ...fromNetworks]

test('of the templates and URLs of documents at least 98 % are read right', () => {
  const misread = [
    ...entries.flatMap((entry) => {
      const faults = faultsOf(entry)
      return faults.length === 0 ? [] : [`${entry.docs} ?${entry.query}: ${faults.join('; ')}`]
    }),
    ...examples.flatMap(({ dialect, docs, example }) => {
      const { wanted, read } = wantedAndRead(dialect, example)
      return isDeepStrictEqual(read, wanted) ? [] : [`${docs} ${dialect}: ${example.name}`]
    }),
  ]
  const total = entries.length + examples.length
  const right = total - misread.length
  const percent = ((100 * right) / total).toFixed(1)
  console.log([`${right} of ${total} documented templates and URLs are read right (${percent} %). Misread:`, ...misread].join('\n'))
  expect(total).toBeGreaterThanOrEqual(ENTRIES_MIN)
  expect(right / total).toBeGreaterThanOrEqual(RIGHT_MIN)
})

test('every entry has a link, says what it reads, and stands in the corpus once', () => {
  const all = [
    ...entries.map(({ docs, query }) => ({ docs, key: `${docs} ${query}` })),
    ...examples.map(({ docs, dialect, example }) => ({ docs, key: JSON.stringify([dialect, example.query, example.body, example.rules]) })),
  ]
  for (const { docs } of all) expect(URL.canParse(docs)).toBe(true)
  expect(new Set(all.map(({ key }) => key)).size).toBe(all.length)
  for (const { query, reads } of entries)
    for (const param of Object.values(reads)) expect(new URLSearchParams(query).has(param), `${param} in ${query}`).toBe(true)
})
