import { expect, test } from 'vitest'
import { createWorkspaceCopy } from './copy.ts'
import { DEFAULT_SETTINGS, type Workspace, type WorkspaceRecord } from './schema.ts'
import { createVersionedLog } from './versioned.ts'
import { createWorkspaceWriter } from './write.ts'

const workspace: Workspace = {
  id: 'w1',
  settings: { ...DEFAULT_SETTINGS, name: 'One' },
  sources: [],
  destinations: [],
  rules: [],
  api_keys: [],
}
const named = (name: string) => (one: Workspace) => ({ ...one, settings: { ...one.settings, name } })

/** A topic in memory with any number of consoles that read all of it. */
function topic() {
  const records: WorkspaceRecord[] = []
  const readers: ((record: WorkspaceRecord, offset: number) => void)[] = []
  const console_ = (beforeAppend: () => void = () => undefined) => {
    const copy = createWorkspaceCopy()
    const log = createVersionedLog<WorkspaceRecord>()
    readers.push((record, offset) => {
      const { won, inForce } = copy.apply(record, record.workspace_id, offset)
      log.observe({ record, key: record.workspace_id, offset, won, inForce })
    })
    const append = async (record: WorkspaceRecord) => {
      beforeAppend()
      return write(record)
    }
    return { copy, writer: createWorkspaceWriter({ log, append, nowMs: () => 7 }) }
  }
  const write = (record: WorkspaceRecord) => {
    const offset = records.push(record) - 1
    for (const read of readers) read(record, offset)
    return { offset }
  }
  return { records, console: console_, write }
}

test('what was written is in force in every copy', async () => {
  const log = topic()
  const [one, two] = [log.console(), log.console()]
  expect(await one.writer.create(workspace, 'operator')).toMatchObject({ kind: 'written', version: 1 })
  expect(await two.writer.update('w1', 'k1', 1, named('Two'))).toMatchObject({ kind: 'written', version: 2 })
  for (const { copy } of [one, two]) expect(copy.get('w1')?.settings.name).toBe('Two')
})

test('of two writers on one version the first in the log wins and the other is told', async () => {
  const log = topic()
  let isRace = false
  const late = log.console(() => {
    if (!isRace) return
    isRace = false
    log.write({ workspace_id: 'w1', base_version: 1, version: 2, at: 7, by: 'k2', doc: JSON.stringify(named('Faster')(workspace)) })
  })
  const first = log.console()
  await first.writer.create(workspace, 'operator')
  isRace = true
  expect(await late.writer.update('w1', 'k1', 1, named('Slower'))).toEqual({ kind: 'conflict', version: 2 })
  expect(first.copy.get('w1')?.settings.name).toBe('Faster')
})

test('without an expected version the change is made again on the newer one', async () => {
  const log = topic()
  let races = 2
  const one = log.console(() => {
    const base = one.copy.version('w1')
    if (base === 0 || races === 0) return
    races -= 1
    const doc = JSON.stringify({ ...one.copy.get('w1'), rules: [{ id: `r${races}`, name: 'x', when: {}, destination_ids: [] }] })
    log.write({ workspace_id: 'w1', base_version: base, version: base + 1, at: 7, by: 'k2', doc })
  })
  await one.writer.create(workspace, 'operator')
  expect(await one.writer.update('w1', 'k1', undefined, named('Late'))).toMatchObject({ kind: 'written', version: 4 })
  expect(one.copy.get('w1')).toMatchObject({ settings: { name: 'Late' }, rules: [{ id: 'r0' }] })
})

test('it gives up after five lost races', async () => {
  const log = topic()
  const one = log.console(() => {
    const base = one.copy.version('w1')
    if (base > 0) log.write({ workspace_id: 'w1', base_version: base, version: base + 1, at: 7, by: 'k2', doc: JSON.stringify(workspace) })
  })
  await one.writer.create(workspace, 'operator')
  expect(await one.writer.update('w1', 'k1', undefined, named('Never'))).toEqual({ kind: 'unavailable' })
  expect(one.copy.get('w1')?.settings.name).toBe('One')
})

test('an unknown workspace is absent, a taken id a conflict, and a change that throws writes nothing', async () => {
  const log = topic()
  const { writer } = log.console()
  expect(await writer.update('w9', 'k1', undefined, named('x'))).toEqual({ kind: 'absent' })
  await writer.create(workspace, 'operator')
  expect(await writer.create(workspace, 'operator')).toEqual({ kind: 'conflict', version: 1 })
  const refuse = () => {
    throw new Error('no such source')
  }
  await expect(writer.update('w1', 'k1', undefined, refuse)).rejects.toThrow('no such source')
  expect(log.records).toHaveLength(1)
})

test('compaction-keeps-the-winner: a key that a loser wrote last is written again, once', async () => {
  const log = topic()
  const [one, two] = [log.console(), log.console()]
  await one.writer.create(workspace, 'operator')
  await one.writer.update('w1', 'k1', undefined, named('Winner'))
  log.write({ workspace_id: 'w1', base_version: 1, version: 2, at: 8, by: 'k2', doc: JSON.stringify(named('Loser')(workspace)) })
  expect(await one.writer.mend()).toBe(1)
  expect(await one.writer.mend()).toBe(0)
  expect(await two.writer.mend()).toBe(0)

  const afterCompaction = createWorkspaceCopy()
  const last = log.records.at(-1)
  if (last === undefined) throw new Error('the topic holds records')
  afterCompaction.apply(last, 'w1', 9)
  expect(afterCompaction.get('w1')?.settings.name).toBe('Winner')
  expect(afterCompaction.version('w1')).toBe(one.copy.version('w1'))
})
