import type { Postback } from '../../../src/events/postback.ts'
import { type CorpusEntry, MAIN_FIELDS, type ReadField } from './entry.ts'
import { readQuery } from './read.ts'

/** What a network could put where a macro stands. */
const FILLED: Readonly<Record<ReadField, string>> = {
  click_id: 'Ck9xA7-b',
  transaction_id: 'tx-77',
  event: 'Purchase',
  status: 'approved',
  value: '12.34',
  currency: 'EUR',
  client_ip: '203.0.113.9',
  sub1: 'blue',
  sub2: 'red',
  sub3: 'green',
}

const paramIn = (query: string, param: string): string => new URLSearchParams(query).get(param) ?? ''

function readAs({ reading }: Postback, field: ReadField): string | null {
  if (field === 'event') return reading.raw_event
  if (field === 'status') return reading.raw_status
  if (field.startsWith('sub')) return reading.subs[field] ?? null
  return reading[field as 'click_id' | 'transaction_id' | 'value' | 'currency' | 'client_ip']
}

const sameAmount = (a: string, b: string): boolean => a !== '' && b !== '' && Number(a) === Number(b)

/** What is wrong with how an entry is read, once with its macros filled and once with them in place; empty: nothing. */
export function faultsOf(entry: CorpusEntry): string[] {
  const faults: string[] = []
  const pairs = Object.entries(entry.reads) as [ReadField, string][]
  const isFixed = (param: string): boolean => entry.fixed === 'all' || entry.fixed.includes(param)
  const filled = entry.query
    .split('&')
    .map((part) => {
      const name = part.split('=')[0] ?? ''
      const field = pairs.find(([, param]) => param === name)?.[0]
      return field === undefined || isFixed(name) ? part : `${name}=${encodeURIComponent(FILLED[field])}`
    })
    .join('&')

  const sent = readQuery(filled)
  for (const [field, param] of pairs) {
    const wanted = paramIn(filled, param)
    const read = readAs(sent, field)
    const isRight =
      field === 'value' ? sameAmount(read ?? '', wanted) : field === 'currency' ? read === wanted.toUpperCase() : read === wanted
    if (!isRight) faults.push(`${field} of ${param} is ${read}, not ${wanted}`)
  }
  for (const field of MAIN_FIELDS)
    if (entry.reads[field] === undefined && readAs(sent, field) !== null) faults.push(`${field} is ${readAs(sent, field)} out of nothing`)
  if (entry.means?.event !== undefined && sent.reading.event !== entry.means.event) faults.push(`means ${sent.reading.event}`)
  if (entry.means?.conversion_status !== undefined && sent.reading.conversion_status !== entry.means.conversion_status)
    faults.push(`stands at ${sent.reading.conversion_status}`)

  const raw = readQuery(entry.query)
  for (const [field, param] of pairs) {
    if (isFixed(param)) continue
    if (readAs(raw, field) !== null) faults.push(`the macro of ${param} was read as ${field}`)
    if (!raw.problems.some((problem) => problem.code === 'macro_unreplaced' && problem.param === param))
      faults.push(`the macro of ${param} was not told`)
    if (field === 'click_id' && raw.click_id_fault !== 'macro_unreplaced') faults.push(`the click id of ${param} would be looked up`)
  }
  return faults
}
