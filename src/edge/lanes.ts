/** How an edge process writes: records gather so long into one request to the broker. */
export const EDGE_LANES = { lanes: 1, lingerMs: 8 } as const
