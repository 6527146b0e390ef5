import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Outgoing } from '../deps.ts'
import { SpoolFault } from './fault.ts'
import { holdFolder } from './hold.ts'
import { openSpool, type Spool, type SpoolOptions } from './spool.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spool-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const record = (partition: number, text: string): Outgoing => ({ topic: 'postbacks', partition, key: `k${text}`, value: Buffer.from(text) })
const open = (more: Partial<SpoolOptions> = {}) => openSpool({ dir, maxBytes: 1_000_000, report: () => undefined, ...more })

/** What a replay would send, by partition. */
async function waiting(spool: Spool): Promise<Record<number, string[]>> {
  const found: Record<number, string[]> = {}
  for (const queue of spool.backlog.queues()) {
    const records = await spool.read(spool.backlog.next(queue, 1_000))
    found[queue.partition] = records.map((one) => (one === null ? 'lost' : `${one.topic} ${one.key} ${one.value}`))
  }
  return found
}
const files = () => readdirSync(dir).sort()
const onlyFile = () => join(dir, files()[0] ?? '')

test('what was appended is there after a crash, in order by partition', async () => {
  const spool = await open()
  await Promise.all([record(0, 'a'), record(1, 'b'), record(0, 'c')].map((one) => spool.append(one)))
  const again = await open()
  expect(await waiting(again)).toEqual({ 0: ['postbacks ka a', 'postbacks kc c'], 1: ['postbacks kb b'] })
  await Promise.all([spool.close(), again.close()])
})

test('records that come together share one sync', async () => {
  let syncs = 0
  const spool = await open({
    sync: async (handle) => {
      syncs++
      await handle.datasync()
    },
  })
  await spool.append(record(0, 'first'))
  syncs = 0
  await Promise.all(Array.from({ length: 100 }, (_, n) => spool.append(record(0, String(n)))))
  expect(syncs).toBe(1)
  await spool.close()
})

test('what is done is not replayed after a crash, and with the last of it the files are gone but for the next, which is empty', async () => {
  const spool = await open()
  const [first = 0, second = 0] = await Promise.all([spool.append(record(0, 'a')), spool.append(record(0, 'b'))])
  spool.done({ topic: 'postbacks', partition: 0 }, first)
  await spool.append(record(1, 'c'))
  const again = await open()
  expect(await waiting(again)).toEqual({ 0: ['postbacks kb b'], 1: ['postbacks kc c'] })
  await again.close()
  spool.done({ topic: 'postbacks', partition: 0 }, second)
  for (const { topic, partition, positions } of [...spool.backlog.queues()]) spool.done({ topic, partition }, positions[0] ?? -1)
  await spool.close()
  expect(files().map((file) => statSync(join(dir, file)).size)).toEqual([0])
  expect(spool.bytes).toBe(0)
})

test('a full spool refuses, and takes again once there is room', async () => {
  const spool = await open({ maxBytes: 200 })
  const position = await spool.append(record(0, 'x'.repeat(50)))
  await expect(spool.append(record(0, 'y'.repeat(50)))).rejects.toMatchObject({ code: 'full' })
  spool.done({ topic: 'postbacks', partition: 0 }, position)
  await expect.poll(() => spool.bytes).toBe(0)
  await spool.append(record(0, 'z'.repeat(50)))
  await spool.close()
})

test('no-2xx-for-what-is-not-on-disk: after a sync that failed its group counts nowhere, and what came before does', async () => {
  let fails = false
  const spool = await open({
    sync: async (handle) => {
      if (fails) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      await handle.datasync()
    },
  })
  await spool.append(record(0, 'a'))
  fails = true
  await expect(spool.append(record(0, 'b'))).rejects.toBeInstanceOf(SpoolFault)
  fails = false
  await expect
    .poll(
      () =>
        spool.append(record(0, 'c')).then(
          () => true,
          () => false,
        ),
      { timeout: 3_000 },
    )
    .toBe(true)
  const again = await open()
  expect(await waiting(again)).toEqual({ 0: ['postbacks ka a', 'postbacks kc c'] })
  await Promise.all([spool.close(), again.close()])
})

test('torn-tail: cut at every byte of three frames, what is whole before the cut stays', async () => {
  const spool = await open()
  for (const text of ['a', 'bb', 'ccc']) await spool.append(record(0, text))
  const whole = readFileSync(onlyFile())
  const name = files()[0] ?? ''
  const ends = spool.backlog.next([...spool.backlog.queues()][0] as never, 3).map(({ position, bytes }) => position + bytes)
  await spool.close()
  for (let cut = 0; cut <= whole.length; cut++) {
    writeFileSync(join(dir, name), whole.subarray(0, cut))
    const again = await open()
    expect(Object.values(await waiting(again)).flat()).toHaveLength(ends.filter((end) => end <= cut).length)
    await again.append(record(0, 'next'))
    const third = await open()
    expect(
      Object.values(await waiting(third))
        .flat()
        .at(-1),
    ).toBe('postbacks knext next')
    await Promise.all([again.close(), third.close()])
    for (const file of files()) rmSync(join(dir, file))
  }
})

test('flipped-byte: one frame of three is lost at most, none is invented, and a damaged file is kept', async () => {
  const spool = await open()
  for (const text of ['a', 'bb', 'ccc']) await spool.append(record(0, text))
  const whole = readFileSync(onlyFile())
  const name = files()[0] ?? ''
  await spool.close()
  const all = ['postbacks ka a', 'postbacks kbb bb', 'postbacks kccc ccc']
  for (let at = 0; at < whole.length; at++) {
    const bytes = Buffer.from(whole)
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x01, at)
    writeFileSync(join(dir, name), bytes)
    const again = await open()
    const found = (await waiting(again))[0] ?? []
    expect(found).toHaveLength(2)
    expect(found).toEqual(all.filter((one) => found.includes(one)))
    for (const { topic, partition, positions } of [...again.backlog.queues()])
      for (const position of [...positions]) again.done({ topic, partition }, position)
    await again.close()
    const isTail = !found.includes('postbacks kccc ccc')
    expect(files().filter((file) => file.endsWith('.bad'))).toHaveLength(isTail ? 0 : 1)
    for (const file of files()) rmSync(join(dir, file))
  }
})

test('what others put behind a frame is none: garbage, and a copy of a frame', async () => {
  const spool = await open()
  await spool.append(record(0, 'a'))
  await spool.close()
  appendFileSync(onlyFile(), readFileSync(onlyFile()))
  appendFileSync(onlyFile(), Buffer.alloc(500, 0xff))
  const again = await open()
  expect(await waiting(again)).toEqual({ 0: ['postbacks ka a'] })
  expect(statSync(onlyFile()).size).toBe(again.bytes)
  await again.close()
})

test('a folder has one owner', async () => {
  const held = await holdFolder(dir)
  await expect(holdFolder(dir)).rejects.toMatchObject({ code: 'spool_taken' })
  await held.release()
  await (await holdFolder(dir)).release()
})
