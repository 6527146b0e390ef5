import { median, spread } from '../figures.ts'

export type Turn<Result> = { readonly name: string; readonly result: Result }

/** Ours first, then each peer followed by ours again, so that a machine that slows down slows both. */
export const orderOf = (ours: string, peers: readonly string[], rounds: number): string[] => [
  ours,
  ...Array.from({ length: rounds }, () => peers.flatMap((peer) => [peer, ours])).flat(),
]

/** Median of one figure over the turns of one subject; null when it had none. */
export const middleOf = <Result>(turns: readonly Turn<Result>[], name: string, figure: (result: Result) => number): number | null =>
  median(turns.filter((turn) => turn.name === name).map(({ result }) => figure(result)))

/** How far the turns of one subject lie apart, as a share of their median; null with fewer than two. */
export const spreadOf = <Result>(turns: readonly Turn<Result>[], name: string, figure: (result: Result) => number): number | null =>
  spread(turns.filter((turn) => turn.name === name).map(({ result }) => figure(result)))
