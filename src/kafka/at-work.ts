/** What is being worked on, one thing at each place. */
export type AtWork<Work> = {
  begin(place: string, work: Work): void
  end(place: string): void
  has(place: string): boolean
  all(): Work[]
}

/** A place that was known once keeps its entry. A Map whose entries come and go copies itself every few of them, and what the copy
 *  before held stays, with all that hangs on it, until V8 collects its whole heap: of a fetch that is every byte of its answer. */
export function createAtWork<Work>(): AtWork<Work> {
  const places = new Map<string, Work | null>()
  return {
    begin: (place, work) => void places.set(place, work),
    end: (place) => void places.set(place, null),
    has: (place) => (places.get(place) ?? null) !== null,
    all: () => [...places.values()].filter((work) => work !== null),
  }
}
