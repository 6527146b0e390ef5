/** How long what an edge process writes gathers into one request to the broker, in milliseconds. */
export const EDGE_LINGER_MS = 8
