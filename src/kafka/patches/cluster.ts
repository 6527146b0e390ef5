import type { Kafka } from 'kafkajs'
import type { CoordinatedCluster } from './coordinators.ts'

/** A request of a version or a kind that kafkajs does not have. */
export type Call<Answer> = {
  readonly request: { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string; encode(): Promise<object> }
  readonly response: { decode(bytes: Buffer): Promise<Answer>; parse(data: Answer): Promise<Answer> }
}

export type OwnCluster = CoordinatedCluster & { connect(): Promise<void>; disconnect(): Promise<void>; getNodeIds(): number[] }

/** Asks brokers by connections of their own. Stock has no door to one, so the cluster is made as its admin client makes it. */
export async function withCluster<Answer>(kafka: Kafka, ask: (cluster: OwnCluster) => Promise<Answer>): Promise<Answer> {
  const createCluster = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster')
  if (createCluster === undefined) throw new Error('kafkajs has no createCluster')
  const make = (kafka as unknown as Record<symbol, (options: object) => OwnCluster>)[createCluster] as (options: object) => OwnCluster
  const cluster = make({ allowAutoTopicCreation: false })
  try {
    await cluster.connect()
    await cluster.refreshMetadata()
    return await ask(cluster)
  } finally {
    await cluster.disconnect()
  }
}
