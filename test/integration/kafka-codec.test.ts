import { expect, test } from 'vitest'
import { createCodec, registerSchemas } from '../../src/kafka/codec.ts'
import type { AvroSchema } from '../../src/kafka/registry.ts'
import { registryUrl, unique } from './kafka-cluster.ts'

const record = (...fields: object[]): AvroSchema => ({ type: 'record', namespace: 'postback', name: 'Sample', fields })
const ID = { name: 'id', type: 'string' }
const OPTIONAL = { name: 'note', type: ['null', 'string'], default: null }
const LISTS = { name: 'list', type: { type: 'array', items: 'long' }, default: [] }

test('the registry keeps our schemas, takes what can read the past, refuses what cannot', async () => {
  const subject = `${unique('codec')}-value`
  const [before, after] = [record(ID), record(ID, OPTIONAL, LISTS)]
  await registerSchemas({ registryUrl, schemas: { [subject]: before } })
  const writer = await createCodec({ registryUrl, schemas: { [subject]: before } })
  await registerSchemas({ registryUrl, schemas: { [subject]: after } })
  await registerSchemas({ registryUrl, schemas: { [subject]: after } }) // a second time changes nothing
  const reader = await createCodec({ registryUrl, schemas: { [subject]: after } })

  const value = { id: 'a', note: 'n', list: [1, 2 ** 50] }
  expect({ ...(reader.decode(reader.encode(subject, value)) as object) }).toEqual(value)
  const old = writer.encode(subject, { id: 'b' })
  expect({ ...((await reader.decodeAsync(old)) as object) }).toEqual({ id: 'b', note: null, list: [] })

  const strict = registerSchemas({ registryUrl, schemas: { [subject]: record(ID, OPTIONAL, LISTS, { name: 'country', type: 'string' }) } })
  await expect(strict).rejects.toMatchObject({ code: 'schema_incompatible', message: expect.stringContaining('country') })
  const poison = Buffer.from(old)
  poison.writeInt32BE(999_999, 1)
  await expect(reader.decodeAsync(poison)).rejects.toMatchObject({ why: 'schema_unknown' })
})

test('a schema that is not registered, and a registry that is not there, are named', async () => {
  const subject = `${unique('never')}-value`
  for (const url of [registryUrl, 'http://127.0.0.1:1']) {
    const attempt = createCodec({ registryUrl: url, schemas: { [subject]: record(ID) }, waitMs: 0 })
    await expect(attempt).rejects.toMatchObject({ code: 'schema_missing', message: expect.stringContaining(subject) })
  }
})
