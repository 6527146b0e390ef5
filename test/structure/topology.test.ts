import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PLATFORM_IDS } from '../../src/events/words.ts'
import { STAGES_OF_PATH } from '../../src/topology.ts'
import { AUDITED_TOPICS, GROUPS, WAITING_GROUPS } from '../../src/verify/groups.ts'
import { topics } from '../../topics/index.ts'

const declared = new Map(topics(12).map((topic) => [topic.name, topic]))

test('every topic is written by some stage and taken by some stage', () => {
  expect(new Set(STAGES_OF_PATH.flatMap((stage) => stage.writes))).toEqual(new Set(declared.keys()))
  expect(new Set(STAGES_OF_PATH.flatMap((stage) => [...stage.reads, ...stage.joins]))).toEqual(new Set(declared.keys()))
})

test.each(STAGES_OF_PATH.filter((stage) => stage.joins.length > 0))('$name joins tables cut like its streams', (stage) => {
  for (const table of stage.joins.map((name) => declared.get(name))) {
    expect(table?.config['cleanup.policy']).toContain('compact')
    for (const stream of stage.reads.map((name) => declared.get(name))) expect(table?.partitions).toBe(stream?.partitions)
  }
})

test('the four co-partitioned topics have P partitions, whatever P is', () => {
  const four = topics(48).filter(({ name }) => ['postbacks', 'clicks', 'pending', 'outcomes'].includes(name))
  expect(four.map(({ partitions }) => partitions)).toEqual([48, 48, 48, 48])
})

test('postbacks are kept longer than the longest dedupe window and an outage of two days', () => {
  expect(Number(declared.get('postbacks')?.config['retention.ms'])).toBeGreaterThanOrEqual(14 * 86_400_000)
})

test('the audit knows every group that the roles consume in', () => {
  const roles = globSync('../../src/roles/*.ts', { cwd: import.meta.dirname }).map((file) =>
    readFileSync(new URL(file, import.meta.url), 'utf8'),
  )
  const named = roles.flatMap((text) => [...text.matchAll(/groupId: ['`]([^'`]+)['`]/g)].map(([, name = '']) => name))
  const audited = [...GROUPS, ...WAITING_GROUPS].map(({ id }) => id.replace(new RegExp(`\\.(${PLATFORM_IDS.join('|')})$`), '.*'))
  expect(new Set(audited)).toEqual(new Set(named.map((name) => name.replace(/\$\{\w+\}/, '*'))))
})

test('the audit reads every topic but those of configuration and sign-in', () => {
  expect(new Set(AUDITED_TOPICS)).toEqual(new Set([...declared.keys()].filter((name) => name !== 'workspaces' && name !== 'accounts')))
})
