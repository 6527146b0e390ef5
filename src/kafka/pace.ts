/** Resolves when the next fetch from a broker may begin: `everyMs` after the one before it did. */
export type Pace = (nodeId: number) => Promise<void>

/** A fetch costs much the same whether it brings ten records or a thousand, here and at the broker. Who asks again at once asks for what
 *  came meanwhile, which under load is next to nothing. A fetch that waited for its first record has had its time: what comes now and
 *  then is fetched as it comes. */
export function createPace(everyMs: number): Pace {
  const begunMs = new Map<number, number>()
  return async (nodeId) => {
    const restMs = (begunMs.get(nodeId) ?? -Infinity) + everyMs - performance.now()
    if (restMs > 0) await new Promise((done) => setTimeout(done, restMs))
    begunMs.set(nodeId, performance.now())
  }
}
