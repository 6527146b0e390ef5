import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

type Entry = { optionalDependencies?: Record<string, string>; dependencies?: Record<string, string>; version?: string }
const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')) as Record<string, Record<string, never>>
const packages = read('package-lock.json').packages as unknown as Record<string, Entry>
const root = read('package.json') as unknown as Record<string, Record<string, string> | undefined>

/** `npm install` leaves out what a registry does not serve, and `npm ci` then refuses the whole lock file. */
test('the lock file has an entry for every optional package of every platform', () => {
  const names = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)))
  const missing = Object.values(packages).flatMap((entry) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !names.has(name)),
  )
  expect(missing).toEqual([])
})

test('every version is exact, and the lock file has it', () => {
  const wanted = Object.entries({ ...root.dependencies, ...root.devDependencies, ...root.optionalDependencies })
  expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  expect(wanted.filter(([name, version]) => packages[`node_modules/${name}`]?.version !== version)).toEqual([])
})
