import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { API_KEYS, key, startEdge } from './edge-double.ts'

let edge: Awaited<ReturnType<typeof startEdge>>
beforeAll(async () => {
  edge = await startEdge()
})
beforeEach(() => {
  edge.sent.length = 0
})
afterAll(() => edge.close())

const PATH = '/api/v1/postback/conversions'
type Told = { code?: string; warnings?: { code: string }[]; errors?: { code: string; param: string }[] }
const latin1 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'latin1'))
const single = async (source: string, body: string): Promise<Told> =>
  (await (await fetch(`${edge.url}${PATH}?key=${key(source)}`, { method: 'POST', body: latin1(body) })).json()) as Told
const batch = async (source: string, body: string): Promise<Told & { items: Told[]; accepted: number }> =>
  (await (await fetch(`${edge.url}${PATH}/batch?key=${key(source)}`, { method: 'POST', body: latin1(body) })).json()) as never
const clicks = async (body: string): Promise<Told & { items: Told[]; accepted: number }> =>
  (await (
    await fetch(`${edge.url}/api/v1/clicks`, {
      method: 'POST',
      body: latin1(body),
      headers: { authorization: `Bearer ${API_KEYS.editor}` },
    })
  ).json()) as never
const codes = ({ code, warnings, errors }: Told): unknown => ({
  code,
  warnings: warnings?.map((one) => one.code),
  errors: errors?.map((one) => one.code),
})

const GOOD = '{"event":"Lead","click_id":"good"}'
test.each([
  ['invalid UTF-8', '{"event":"Lead","click_id":"a\xff"}'],
  ['repeated keys', '{"event":"Lead","event":"Purchase","click_id":"a"}'],
  ['names of the prototype', '{"event":"Lead","click_id":"a","__proto__":{"x":1}}'],
])('batch-as-single: %s is told as on the single route, of its own item alone', async (_, item) => {
  for (const source of ['tracker', 'backend']) {
    const alone = codes(await single(source, item))
    const good = codes(await single(source, GOOD))
    expect(alone).not.toEqual(good)
    for (const body of [`[${GOOD}, ${item},${GOOD}]`, `${GOOD}\n${item}\n${GOOD}`])
      expect((await batch(source, body)).items.map(codes)).toEqual([good, alone, good])
  }
})

test('batch-as-single: a line that is no JSON says so with its index', async () => {
  const { items } = await batch('tracker', `${GOOD}\nnot json\n[1]`)
  expect(items).toMatchObject([
    { status: 'received' },
    { index: 1, status: 'quarantined', warnings: [{ code: 'unreadable', message: 'The line of index 1 is not valid JSON.' }] },
    { index: 2, status: 'quarantined', warnings: [{ code: 'unreadable', message: 'The item of index 2 is no JSON object.' }] },
  ])
})

test.each([
  ['10,001 items', JSON.stringify(new Array(10_001).fill({})), 'validation_failed', 'too_many'],
  ['no JSON', '[{]', 'invalid_json', 'invalid_json'],
  ['more than 10 MB', ' '.repeat(10 * 1024 * 1024 + 1), 'body_too_large', 'body_too_large'],
])('a-refusal-leaves-a-row: a batch of %s, with its errors', async (_, body, code, error) => {
  const answer = await batch('tracker', body)
  expect(answer).toMatchObject({ code, errors: [{ code: error, message: expect.any(String), expected: expect.any(String) }] })
  expect(edge.postbacks()).toMatchObject([{ quarantined: 'unreadable', problems: [{ code: error }] }])
})

test('clicks-as-conversions: bytes, keys and names are told of their own item, in a list and wrapped', async () => {
  const list = '[{"click_id":"a"},{"click_id":"b\xff"},{"click_id":"c","click_id":"d"},{"click_id":"e","__proto__":{"x":1}}]'
  for (const body of [list, `{"clicks":${list}}`]) {
    const { items, accepted } = await clicks(body)
    expect(items.map(codes)).toEqual([
      { code: undefined, warnings: undefined, errors: undefined },
      { code: 'validation_failed', warnings: undefined, errors: ['invalid_utf8'] },
      { code: undefined, warnings: ['parameter_repeated'], errors: undefined },
      { code: 'validation_failed', warnings: undefined, errors: ['parameter_refused'] },
    ])
    expect(accepted).toBe(2)
  }
})

test('clicks-as-conversions: what cannot be read says what it is', async () => {
  expect(await clicks('nonsense')).toMatchObject({ code: 'invalid_json', errors: [{ code: 'invalid_json' }] })
  expect(await clicks(JSON.stringify(new Array(10_001).fill({})))).toMatchObject({ errors: [{ code: 'too_many' }] })
  expect(await clicks(' '.repeat(10 * 1024 * 1024 + 1))).toMatchObject({ errors: [{ code: 'body_too_large' }] })
})
