import { expect, test } from 'vitest'
import { idsOfLine } from './accepted.ts'
import { readVerifyArgs } from './args.ts'

test('without options: everything, from the environment', () => {
  expect(readVerifyArgs([])).toEqual({
    help: false,
    acceptedFile: null,
    workspaces: null,
    sinceMs: 0,
    twins: {},
    stackFile: null,
    json: false,
    limit: 20,
    settleMs: 60_000,
  })
})

test('each option is read', () => {
  const given =
    '--accepted f --workspaces wa,wb --since 2026-11-26T09:00:00Z --twins meta=http://h:1,google=http://h:2 --stack s --json --limit 5'
  expect(readVerifyArgs([...given.split(' '), '--settle-seconds', '7'])).toMatchObject({
    acceptedFile: 'f',
    workspaces: ['wa', 'wb'],
    sinceMs: Date.UTC(2026, 10, 26, 9),
    twins: { meta: 'http://h:1', google: 'http://h:2' },
    stackFile: 's',
    json: true,
    limit: 5,
    settleMs: 7_000,
  })
})

test.each([
  ['--whatever'],
  ['--workspaces', 'a b'],
  ['--since', 'yesterday'],
  ['--twins', 'bing=http://h:1'],
  ['--twins', 'meta=nowhere'],
  ['--limit', '-1'],
  ['--settle-seconds', 'soon'],
  ['extra'],
])('%s %s is refused in one sentence that names the help', (...args) => {
  expect(() => readVerifyArgs(args)).toThrow(/^[^\n]+\. See: node src\/main\.ts verify --help$/)
})

const ID = '01900000-0000-7000-8000-000000000001'
const OTHER = '01900000-0000-7000-8000-000000000002'
test.each([
  { name: 'an id', line: ` ${ID} `, ids: [ID] },
  { name: 'a reply', line: `{"status":"received","postback_id":"${ID}","event_id":"${OTHER}"}`, ids: [ID] },
  { name: 'the reply of a batch', line: `{"items":[{"postback_id":"${ID}"},{"postback_id": "${OTHER}"}]}`, ids: [ID, OTHER] },
  { name: 'anything else', line: 'accepted', ids: [] },
])('$name of an accepted file', ({ line, ids }) => {
  expect(idsOfLine(line)).toEqual(ids)
})
