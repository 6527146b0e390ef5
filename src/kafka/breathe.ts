const SLICE_MS = 5

let sinceMs = 0
let last: Promise<void> = Promise.resolve()

/** Resolves when whoever asked before has done what it does at once, after sockets and timers have had their turn where that was
 *  `SLICE_MS` ago. What a fetch brings is worked off partition after partition on one thread; without a pause the answers that a
 *  commit waits for, one after the other, would each lie until the whole of it is done. */
export function breathe(): Promise<void> {
  last = last.then(pause)
  return last
}

function pause(): Promise<void> | undefined {
  if (performance.now() - sinceMs <= SLICE_MS) return
  return new Promise((done) => {
    setImmediate(() => {
      sinceMs = performance.now()
      done()
    })
  })
}
