import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import type * as RegistryClient from '@kafkajs/confluent-schema-registry'
import { z } from 'zod'
import { Fault } from '../events/fault.ts'

const { SchemaRegistry, COMPATIBILITY } = createRequire(import.meta.url)('@kafkajs/confluent-schema-registry') as typeof RegistryClient

/** Avro schema as JSON, a named record. */
export type AvroSchema = { readonly type: 'record'; readonly name: string; readonly [attribute: string]: unknown }

export type Registry = {
  /** Id of exactly this schema under the subject. Waits for the registry and for the schema until `giveUpAt`
   *  (`performance.now()`), then throws `schema_missing`. */
  idOf(subject: string, schema: AvroSchema, giveUpAt: number): Promise<number>
  /** Null when the registry says that there is none. */
  schemaOf(id: number): Promise<AvroSchema | null>
  latest(subject: string): Promise<AvroSchema | null>
  /** The ids of every version of a subject; empty when there is none. */
  idsOf(subject: string): Promise<number[]>
  register(subject: string, schema: AvroSchema): Promise<number>
}

const POLL_MS = 500
const ASK_WITHIN_MS = 10_000
const UNKNOWN_FOR_MS = 60_000
const UNKNOWN_MAX = 1_000
const Versions = z.array(z.int())
const Version = z.object({ id: z.int() })
type RawSchema = Parameters<RegistryClient.SchemaRegistry['getRegistryIdBySchema']>[1]
const raw = (schema: AvroSchema): RawSchema => schema as unknown as RawSchema

/** @kafkajs/confluent-schema-registry for start-up only: its own encode and decode are asynchronous per message. */
export function createRegistry(registryUrl: string): Registry {
  const client = new SchemaRegistry({ host: registryUrl, retry: { retries: 2 } })

  /** Until when an id is taken for unknown: a flood of records with one must not become a flood of requests. */
  const unknown = new Map<number, number>()
  const schemaOf = async (id: number): Promise<AvroSchema | null> => {
    if ((unknown.get(id) ?? 0) > performance.now()) return null
    try {
      const found = await client.getSchema(id)
      return JSON.parse(JSON.stringify(found)) as AvroSchema
    } catch (error) {
      if (statusOf(error) !== 404) throw error
      if (unknown.size >= UNKNOWN_MAX) unknown.clear()
      unknown.set(id, performance.now() + UNKNOWN_FOR_MS)
      return null
    }
  }

  return {
    async idOf(subject, schema, giveUpAt) {
      for (;;) {
        try {
          return await client.getRegistryIdBySchema(subject, raw(schema))
        } catch (error) {
          if (performance.now() > giveUpAt) {
            throw new Fault('schema_missing', `${registryUrl} does not have our schema of ${subject}. Run the topics command.`, error)
          }
        }
        await sleep(POLL_MS)
      }
    },
    schemaOf,
    async latest(subject) {
      let id: number
      try {
        id = await client.getLatestSchemaId(subject)
      } catch (error) {
        if (statusOf(error) === 404) return null
        throw new Fault('part_down', `The schema registry at ${registryUrl} does not answer. Check SCHEMA_REGISTRY_URL.`, error)
      }
      return schemaOf(id)
    },
    async idsOf(subject) {
      const base = `${registryUrl}/subjects/${encodeURIComponent(subject)}/versions`
      const ask = async (url: string): Promise<unknown> => {
        const response = await fetch(url, { signal: AbortSignal.timeout(ASK_WITHIN_MS) })
        if (response.status === 404) return []
        if (!response.ok)
          throw new Fault('part_down', `The schema registry at ${registryUrl} answered ${response.status}. Check SCHEMA_REGISTRY_URL.`)
        return response.json()
      }
      const versions = Versions.parse(await ask(base))
      return Promise.all(versions.map(async (version) => Version.parse(await ask(`${base}/${version}`)).id))
    },
    async register(subject, schema) {
      try {
        const { id } = await client.register(raw(schema), { subject, compatibility: COMPATIBILITY.BACKWARD })
        return id
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        throw new Fault('schema_incompatible', `The registry refuses the schema of ${subject}: ${why}`, error)
      }
    },
  }
}

function statusOf(error: unknown): number | null {
  return typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number' ? error.status : null
}
