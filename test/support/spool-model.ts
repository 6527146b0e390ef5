import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Outgoing } from '../../src/edge/deps.ts'
import { openSpool, type Spool } from '../../src/edge/spool/spool.ts'

type Step =
  | { readonly do: 'append'; readonly partitions: readonly number[]; readonly bytes: number }
  /** The broker has the first so many of a partition. */
  | { readonly do: 'done'; readonly partition: number; readonly count: number }
  /** The next sync fails. */
  | { readonly do: 'fail' }
  /** Power cut, with these appends under way: of what was not synced any part may be there. */
  | { readonly do: 'crash'; readonly partitions: readonly number[]; readonly cut: number }

const PARTITIONS = 3
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      partitions: fc.array(fc.nat(PARTITIONS - 1), { minLength: 1, maxLength: 6 }),
      bytes: fc.nat(60),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('done' as const), partition: fc.nat(PARTITIONS - 1), count: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      partitions: fc.array(fc.nat(PARTITIONS - 1), { maxLength: 4 }),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
)
export const spoolSteps = fc.array(step, { minLength: 2, maxLength: 12 })

type Told = { readonly partition: number; readonly id: string; acked: boolean; done: boolean }

/** Runs the steps on the real spool with real files, its syncs replaced by a note of what would outlive a power cut. Throws when what
 *  can be replayed in the end is not what it must be: all that was acknowledged and not done, in order by partition, and nothing that
 *  was never appended. */
export async function runSpool(steps: readonly Step[]): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'spool-model-'))
  const told: Told[] = []
  let life = 0
  let dir = ''
  let synced = new Map<string, number>()
  /** Files whose names outlive a power cut. */
  let named = new Set<string>()
  let mode: 'well' | 'fails' | 'dead' = 'well'

  const sizes = () => new Map(readdirSync(dir).map((name) => [name, statSync(join(dir, name)).size]))
  const sync = async (handle: FileHandle): Promise<void> => {
    if (mode !== 'well') {
      if (mode === 'fails') mode = 'well'
      throw new Error('no space')
    }
    if ((await handle.stat()).isDirectory()) named = new Set(readdirSync(dir))
    else synced = sizes()
  }
  const open = async (next: string): Promise<Spool> => {
    dir = next
    mode = 'well'
    synced = sizes()
    named = new Set(synced.keys())
    const opened = await openSpool({ dir, maxBytes: 1_000_000, segmentBytes: 400, sync, report: () => undefined })
    await check(opened)
    return opened
  }
  const append = (spool: Spool, partitions: readonly number[], bytes: number) =>
    partitions.map(async (partition) => {
      const one: Told = { partition, id: `${told.length}:`.padEnd(bytes, 'x'), acked: false, done: false }
      told.push(one)
      const record: Outgoing = { topic: 't', partition, key: '', value: Buffer.from(one.id) }
      await spool.append(record).then(
        () => {
          one.acked = true
        },
        () => undefined,
      )
    })

  async function check(spool: Spool): Promise<void> {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const queue = spool.backlog.queueOf({ topic: 't', partition })
      const found = queue === undefined ? [] : (await spool.read(spool.backlog.next(queue, 10_000))).map((record) => String(record?.value))
      const ours = told.filter((one) => one.partition === partition)
      const must = ours.filter((one) => one.acked && !one.done).map(({ id }) => id)
      if (found.filter((id) => must.includes(id)).join() !== must.join()) throw new Error(`${partition}: must be ${must}, found ${found}`)
      const may = ours.map(({ id }) => id)
      if (may.filter((id) => found.includes(id)).join() !== found.join())
        throw new Error(`${partition}: invented or out of order: ${found} of ${may}`)
    }
  }

  async function crash(spool: Spool, partitions: readonly number[], cut: number): Promise<Spool> {
    const underWay = append(spool, partitions, 40)
    // Somewhere amid the writes.
    for (let turns = Math.floor(cut * 20); turns > 0; turns--) await new Promise(setImmediate)
    const next = join(root, String(++life))
    mkdirSync(next)
    for (const [name, size] of sizes()) {
      const sure = synced.get(name)
      if (!named.has(name) && cut < 0.5) continue
      const kept = (sure ?? 0) + Math.floor((size - (sure ?? 0)) * cut)
      writeFileSync(join(next, name), readFileSync(join(dir, name)).subarray(0, kept))
    }
    mode = 'dead'
    const acked = told.map((one) => one.acked)
    await Promise.all(underWay)
    await spool.close()
    for (const [index, one] of told.entries()) one.acked = acked[index] ?? false
    return open(next)
  }

  try {
    mkdirSync(join(root, '0'))
    let spool = await open(join(root, '0'))
    for (const one of steps) {
      if (one.do === 'append') await Promise.all(append(spool, one.partitions, one.bytes))
      else if (one.do === 'fail') mode = 'fails'
      else if (one.do === 'crash') spool = await crash(spool, one.partitions, one.cut)
      else {
        const queue = spool.backlog.queueOf({ topic: 't', partition: one.partition })
        const entries = queue === undefined ? [] : spool.backlog.next(queue, one.count)
        const ids = (await spool.read(entries)).map((record) => String(record?.value))
        for (const [index, { position }] of entries.entries()) {
          spool.done({ topic: 't', partition: one.partition }, position)
          const of = told.find(({ id }) => id === ids[index])
          if (of !== undefined) of.done = true
        }
      }
      await check(spool)
    }
    mode = 'well'
    await spool.close()
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
