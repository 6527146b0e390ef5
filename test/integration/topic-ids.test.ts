import { expect, test } from 'vitest'
import { createTopics } from '../../src/kafka/admin.ts'
import { kafkaClient } from '../../src/kafka/connect.ts'
import { logIdentity } from '../../src/kafka/topic-ids.ts'
import { client, newTopic, unique, until } from './kafka-cluster.ts'

async function withAdmin<T>(use: (admin: ReturnType<ReturnType<typeof kafkaClient>['admin']>) => Promise<T>): Promise<T> {
  const admin = kafkaClient(client).admin()
  await admin.connect()
  return use(admin).finally(() => admin.disconnect())
}

test('the identity names the cluster, and each topic with an id of its own and its partitions', async () => {
  const [one, two] = [await newTopic('ids', 3), await newTopic('ids', 5)]
  const identity = await logIdentity(client, [one, two])
  expect(identity.clusterId).toBe((await withAdmin((admin) => admin.describeCluster())).clusterId)
  expect(identity.topics).toEqual({
    [one]: { id: expect.stringMatching(/^[\w-]{22}$/), partitions: 3 },
    [two]: { id: expect.stringMatching(/^[\w-]{22}$/), partitions: 5 },
  })
  expect(identity.topics[one]?.id).not.toBe(identity.topics[two]?.id)
  expect(await logIdentity(client, [one, two])).toEqual(identity)
})

test('a topic made again under its name is another', async () => {
  const name = await newTopic('ids', 2)
  const before = await logIdentity(client, [name])
  await withAdmin((admin) => admin.deleteTopics({ topics: [name] }))
  await until(() => withAdmin(async (admin) => !(await admin.listTopics()).includes(name)))
  await createTopics(client, [{ name, partitions: 2, replicationFactor: 1, config: {} }])
  const after = await logIdentity(client, [name])
  expect(after.topics[name]?.partitions).toBe(2)
  expect(after.topics[name]?.id).not.toBe(before.topics[name]?.id)
})

test('a topic that does not exist is named, and not created', async () => {
  const name = unique('never')
  await expect(logIdentity(client, [name])).rejects.toMatchObject({ code: 'topic_missing', message: expect.stringContaining(name) })
  expect(await withAdmin((admin) => admin.listTopics())).not.toContain(name)
})
