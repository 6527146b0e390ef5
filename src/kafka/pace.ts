/** Of a fetch, what came from one partition. */
type Fetched = { readonly bytes: number }

/** Fetches from a broker, which may begin `everyMs` after the fetch before it did. */
export type Pace = <Batch extends Fetched>(nodeId: number, fetch: () => Promise<Batch[]>) => Promise<Batch[]>

/** A fetch costs much the same whether it brings ten records or a thousand, here and at the broker. Who asks again at once asks for what
 *  came meanwhile, which under load is next to nothing. A fetch that waited for its first record has had its time: what comes now and
 *  then is fetched as it comes. One that brought `muchBytes` left more behind, and is followed at once. */
export function createPace(everyMs: number, muchBytes: number): Pace {
  const begunMs = new Map<number, number>()
  return async (nodeId, fetch) => {
    const restMs = (begunMs.get(nodeId) ?? -Infinity) + everyMs - performance.now()
    if (restMs > 0) await new Promise((done) => setTimeout(done, restMs))
    begunMs.set(nodeId, performance.now())
    const batches = await fetch()
    if (batches.reduce((sum, { bytes }) => sum + bytes, 0) >= muchBytes) begunMs.set(nodeId, -Infinity)
    return batches
  }
}
