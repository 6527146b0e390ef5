const KNOWN_MAX = 2_000
const LENGTH_MAX = 64

/** What is thought of a parameter's name, thought once. Names are the sender's: a few are repeated on every request, and no number and no
 *  length of others may fill the memory. */
export function byName<Thought>(think: (name: string) => Thought): (name: string) => Thought {
  const known = new Map<string, Thought>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const thought = think(name)
    if (known.size >= KNOWN_MAX) known.clear()
    if (name.length <= LENGTH_MAX) known.set(name, thought)
    return thought
  }
}
