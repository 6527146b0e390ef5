import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** The files of a table: segments by their numbers, and the runs of its index. */
export type LogFolder = {
  /** Of the segments, from old to new. */
  numbers(): number[]
  pathOf(number: number): string
  /** From new to old, so that whoever is killed in between leaves no gap. */
  remove(numbers: readonly number[]): void
  /** Takes away files of the index that no list names: whoever made them was killed before he could write it. */
  removeIndexBut(kept: readonly string[]): void
}

export function openLogFolder(dir: string): LogFolder {
  mkdirSync(dir, { recursive: true })
  const pathOf = (number: number): string => join(dir, `${String(number).padStart(8, '0')}.log`)
  return {
    numbers() {
      const numbers = readdirSync(dir).flatMap((name) => /^(\d+)\.log$/.exec(name)?.[1] ?? [])
      return numbers.map(Number).sort((a, b) => a - b)
    },
    pathOf,
    remove(numbers) {
      for (const number of numbers.toReversed()) rmSync(pathOf(number), { force: true })
    },
    removeIndexBut(kept) {
      const stray = readdirSync(dir).filter((name) => /\.(run|young)$/.test(name) && !kept.includes(name))
      for (const name of stray) rmSync(join(dir, name), { force: true })
    },
  }
}
