import type { Exchange, Heard } from '../edge/limits/exchange.ts'
import type { Readiness } from '../observe/admin.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { ToPrimary, ToWorker } from './edge-messages.ts'

/** Whether each process behind the port has a queue of connections of its own, which the kernel ends with it. Elsewhere they share one. */
export const OWN_QUEUES = process.platform === 'linux'
const HEARD_WITHIN_MS = 1_000

const say = (message: ToPrimary): void => {
  if (process.connected) process.send?.(message)
}
const onMessage = (listen: (message: ToWorker) => void): void => void process.on('message', listen)

/** Tells the process that started this one how it is, whenever it is asked. */
export function answerPrimary({ metrics, readiness }: { metrics: Metrics; readiness: () => Readiness }): void {
  onMessage((message) => {
    if (message.kind !== 'ask') return
    metrics.registry.getMetricsAsJSON().then(
      (told) => say({ kind: 'state', id: message.id, readiness: readiness(), metrics: told }),
      () => undefined, // it hears nothing, which says enough
    )
  })
}

/** The counts of the processes behind one port, kept by the one that started them. */
export function createPrimaryExchange(): Exchange {
  const waiting = new Map<number, (heard: readonly Heard[]) => void>()
  let questions = 0
  onMessage((message) => {
    if (message.kind === 'heard') waiting.get(message.id)?.(message.heard)
  })
  return {
    async tell(now, told) {
      const id = ++questions
      const { promise, resolve, reject } = Promise.withResolvers<readonly Heard[]>()
      const timer = setTimeout(() => reject(new Error('the process that counts for all does not answer')), HEARD_WITHIN_MS)
      waiting.set(id, resolve)
      say({ kind: 'tell', id, now, told })
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        waiting.delete(id)
      }
    },
    close: () => Promise.resolve(),
  }
}
