import type { Kafka } from 'kafkajs'

/** A request of a version or a kind that kafkajs does not have. */
export type Call<Answer> = {
  readonly request: { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string; encode(): Promise<object> }
  readonly response: { decode(bytes: Buffer): Promise<Answer>; parse(data: Answer): Promise<Answer> }
}

/** The parts of kafkajs's Broker that our shell asks by a connection of its own. */
export type OwnBroker = {
  /** What the broker understands, by API key. */
  readonly versions: Readonly<Record<number, unknown>> | null
  readonly connectionPool: { send<Answer>(call: Call<Answer>): Promise<Answer> }
  initProducerId(request: {
    transactionalId: string
    transactionTimeout: number
  }): Promise<{ producerId: number | string; producerEpoch: number }>
  addPartitionsToTxn(request: Producing & { topics: { topic: string; partitions: number[] }[] }): Promise<unknown>
  addOffsetsToTxn(request: Producing & { groupId: string }): Promise<unknown>
  endTxn(request: Producing & { transactionResult: boolean }): Promise<unknown>
}
type Producing = { transactionalId: string; producerId: number | string; producerEpoch: number }

export type OwnCluster = {
  connect(): Promise<void>
  refreshMetadata(): Promise<void>
  findControllerBroker(): Promise<OwnBroker>
  findGroupCoordinator(of: { groupId: string; coordinatorType?: number }): Promise<OwnBroker>
  disconnect(): Promise<void>
}

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
