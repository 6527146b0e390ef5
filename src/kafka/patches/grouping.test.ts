import { expect, test } from 'vitest'
import { groupMessagesPerPartition } from './grouping.ts'
import { untouched } from './modules.ts'

const stockGroup = untouched('src/producer/groupMessagesPerPartition.js') as (request: object) => Record<string, unknown[]>

test('groups as stock does, in order', () => {
  const messages = Array.from({ length: 500 }, (_, i) => ({ partition: (i * 7) % 5, value: String(i) }))
  const partitioner = ({ message }: { message: { partition: number } }) => message.partition
  expect(groupMessagesPerPartition({ topic: 't', messages })).toEqual(
    stockGroup({ topic: 't', messages, partitioner, partitionMetadata: [{}] }),
  )
})

test('copies nothing: a partition keeps one array', () => {
  const messages = Array.from({ length: 200_000 }, () => ({ partition: 3 }))
  expect(groupMessagesPerPartition({ topic: 't', messages })[3]).toHaveLength(200_000)
})

test('a record without a partition is a mistake of ours', () => {
  expect(() => groupMessagesPerPartition({ topic: 'clicks', messages: [{}] })).toThrow('a record for clicks has no partition')
})
