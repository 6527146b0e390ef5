/** One at a time for each place, in the order they came. */
export type Turns = <Result>(place: string, work: () => Promise<Result>) => Promise<Result>

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return (place, work) => {
    const mine = (last.get(place) ?? Promise.resolve()).then(work)
    const ended: Promise<unknown> = mine
      .catch(() => undefined) // whoever asked for it hears of it
      .then(() => {
        if (last.get(place) === ended) last.delete(place)
      })
    last.set(place, ended)
    return mine
  }
}
