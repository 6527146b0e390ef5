import { expect, test } from 'vitest'
import { createLedger, masked } from './ledger.ts'

const entry = { at: '', method: 'POST', path: '/', query: {}, headers: {}, body: {}, reply: { status: 200, body: {} } }
const seqs = (ledger: ReturnType<typeof createLedger>, since = 0) => ledger.since(since).map((one) => one.seq)

test('keeps the last requests by number', () => {
  const ledger = createLedger(2, 1_000)
  for (let n = 0; n < 3; n += 1) ledger.add(entry, 1)
  expect(seqs(ledger)).toEqual([2, 3])
  expect(seqs(ledger, 2)).toEqual([3])
})

test('keeps the last requests by bytes, and one however large', () => {
  const ledger = createLedger(10, 100)
  ledger.add(entry, 60)
  ledger.add(entry, 60)
  expect(seqs(ledger)).toEqual([2])
  ledger.add(entry, 500)
  expect(seqs(ledger)).toEqual([3])
  ledger.add(entry, 60)
  expect(seqs(ledger)).toEqual([4])
})

test('the numbers go on after a clearing', () => {
  const ledger = createLedger()
  ledger.add(entry, 1)
  ledger.clear()
  ledger.add(entry, 1)
  expect(seqs(ledger)).toEqual([2])
})

test('masks by name and leaves the rest', () => {
  expect(masked({ access_token: 'a', data: [1] })).toEqual({ access_token: '[secret]', data: [1] })
  expect(masked('text')).toBe('text')
})
