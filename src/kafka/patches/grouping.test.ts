import { expect, test } from 'vitest'
import { groupByPartition } from './grouping.ts'
import { untouched } from './modules.ts'

const stockGroup = untouched('src/producer/groupMessagesPerPartition.js') as (request: object) => Record<string, unknown[]>

test('groups as stock does, in order', () => {
  const messages = Array.from({ length: 500 }, (_, i) => ({ partition: (i * 7) % 5, value: String(i) }))
  const partitioner = ({ message }: { message: { partition: number } }) => message.partition
  const stocked = stockGroup({ topic: 't', messages, partitioner, partitionMetadata: [{}] })
  expect([...groupByPartition('t', messages)].sort(([a], [b]) => a - b)).toEqual(
    Object.entries(stocked).map(([partition, group]) => [Number(partition), group]),
  )
})

test('copies nothing: a partition keeps one array', () => {
  const messages = Array.from({ length: 200_000 }, () => ({ partition: 3, value: null }))
  expect(groupByPartition('t', messages).get(3)).toHaveLength(200_000)
})

test('a record without a partition is a mistake of ours', () => {
  expect(() => groupByPartition('clicks', [{ value: null }])).toThrow('a record for clicks has no partition')
})
