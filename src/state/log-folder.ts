import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runName } from './key-index/runs.ts'

/** The files of a table: segments by their numbers, and the runs of its index. */
export type LogFolder = {
  /** Of the segments, from old to new. */
  numbers(): number[]
  pathOf(number: number): string
  /** From new to old, so that whoever is killed in between leaves no gap. */
  remove(numbers: readonly number[]): void
  /** Runs that no list names: whoever made them was killed before he could write it. */
  removeRunsBut(kept: readonly number[]): void
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
    removeRunsBut(kept) {
      const names = new Set(kept.map(runName))
      for (const name of readdirSync(dir)) if (name.endsWith('.run') && !names.has(name)) rmSync(join(dir, name), { force: true })
    },
  }
}
