/** Ranks 0 to `count` - 1 by their share under Zipf's law: rank k comes 1/(k+1) times as often as rank 0. The same number gives
 *  the same rank. */
export function zipf(count: number): (n: number) => number {
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1))
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  const upTo: number[] = []
  for (const weight of weights) upTo.push((upTo.at(-1) ?? 0) + weight / whole)
  return (n) => {
    const drawn = spread(n)
    const rank = upTo.findIndex((share) => drawn < share)
    return rank < 0 ? count - 1 : rank
  }
}

/** 0 to 1, evenly, of whole numbers in a row: the golden ratio's multiples. */
const spread = (n: number): number => (n * 0.618_033_988_749_895) % 1
