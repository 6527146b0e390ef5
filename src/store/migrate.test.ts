import { expect, test } from 'vitest'
import { DELIVERY_STAGES, STAGES } from '../events/stages.ts'
import { readMigrations, statementsOf } from './migrate.ts'

const migrations = readMigrations('deploy/clickhouse')
const statements = migrations.flatMap((migration) => migration.statements)

test('a statement ends with a semicolon at the end of its line, and a comment alone is none', () => {
  const sql = "-- first; not an end\nSELECT ';' AS a,\n  2;\n\nSELECT 3; \n-- the rest\n"
  expect(statementsOf(sql)).toEqual(["-- first; not an end\nSELECT ';' AS a,\n  2", 'SELECT 3'])
})

test('numbers are used once', () => {
  const numbers = migrations.map(({ name }) => name.slice(0, 4))
  expect(new Set(numbers).size).toBe(numbers.length)
  expect(numbers.length).toBeGreaterThan(0)
})

const DEFINES =
  /CREATE (?:TABLE IF NOT EXISTS|MATERIALIZED VIEW IF NOT EXISTS|OR REPLACE VIEW) |ALTER TABLE \w+\s+(?:MODIFY QUERY|ADD COLUMN IF NOT EXISTS)\s/

test('every statement can be run again', () => {
  // The tables that a migration may fill: what is inserted into them twice changes nothing.
  const filled = 'INSERT INTO (?:key_use)\\s'
  const again = new RegExp(`^(?:${filled}|${DEFINES.source})`)
  for (const statement of statements) expect(statement.replace(/^--.*\n/gm, '').trim()).toMatch(again)
  const columns = statements.filter((statement) => statement.includes('ADD COLUMN'))
  for (const statement of columns) expect(statement.match(/ADD COLUMN/g)?.length).toBe(statement.match(/ADD COLUMN IF NOT EXISTS/g)?.length)
})

test('every table that is written remembers tokens, also the target of a materialized view', () => {
  const tables = statements.filter((statement) => statement.includes('CREATE TABLE'))
  expect(tables.length).toBeGreaterThan(0)
  for (const table of tables) expect(table).toContain('non_replicated_deduplication_window')
})

test('the enums of ClickHouse are the ranks of the stage table', () => {
  const enums = [...statements.join('\n').matchAll(/Enum8\(([^)]*)\)/g)].map(([, body = '']) =>
    Object.fromEntries([...body.matchAll(/\\?'([a-z]+)\\?' = (\d+)/g)].map(([, word = '', rank]) => [word, Number(rank)])),
  )
  expect(enums.length).toBeGreaterThan(4)
  for (const found of enums)
    expect([
      { none: 0, ...STAGES },
      { none: 0, ...DELIVERY_STAGES },
    ]).toContainEqual(found)
})

test('a rank is one digit, as its place in the texts of `events` needs', () => {
  expect(Math.max(...Object.values(STAGES), ...Object.values(DELIVERY_STAGES))).toBeLessThan(10)
})
