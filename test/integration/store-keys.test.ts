import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { samplePostback } from '../../src/events/samples.ts'
import { keyUse } from '../../src/store/key-use.ts'
import { batchOf, type LogRecord, openDatabase, openOldDatabase } from './store-samples.ts'

const NOW = Date.now()
const iso = (ms: number): string => new Date(ms).toISOString()

test('each version of a key has its first and its last use, however often and in whatever order its postbacks are stored', async () => {
  const db = await openDatabase()
  onTestFinished(() => db.close())
  const postback = (offset: number, key_version: number, agoMs: number, source_id = 's1'): LogRecord => ({
    ...{ topic: 'postbacks', partition: 0, offset },
    value: samplePostback({ postback_id: randomUUID(), workspace_id: 'w1', source_id, key_version, received_at: NOW - agoMs }),
  })
  const log = [postback(0, 1, 9_000), postback(1, 2, 2_000), postback(2, 1, 5_000), postback(3, 2, 1_000), postback(4, 7, 1, 's2')]
  await db.sink.write([batchOf(log.slice(2))])
  await db.sink.write([batchOf(log)])
  await db.sink.write([batchOf(log.slice(0, 2))])
  expect(await keyUse(db.client, 'w1', 's1')).toEqual([
    { version: 1, first_at: iso(NOW - 9_000), last_at: iso(NOW - 5_000) },
    { version: 2, first_at: iso(NOW - 2_000), last_at: iso(NOW - 1_000) },
  ])
  expect(await keyUse(db.client, 'w2', 's1')).toEqual([])
})

test('what came before the table was made counts as well', async () => {
  const old = await openOldDatabase('0001_records', '0002_events', '0003_views', '0004_subs_and_words')
  onTestFinished(() => old.close())
  await old.client.command({
    query: `INSERT INTO postbacks (workspace_id, received_at, postback_id, source_id, key_version)
            VALUES ('w1', fromUnixTimestamp64Milli(toInt64(${NOW})), '01900000-0000-7000-8000-000000000001', 's1', 3),
                   ('w1', now64(3) - INTERVAL 40 DAY, '01900000-0000-7000-8000-000000000002', 's1', 2)`,
  })
  await old.catchUp()
  expect(await keyUse(old.client, 'w1', 's1')).toMatchObject([{ version: 2 }, { version: 3, first_at: iso(NOW), last_at: iso(NOW) }])
})
