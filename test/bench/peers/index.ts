import { goEdge } from './go-edge/index.ts'
import { kafkaStreams } from './kafka-streams/index.ts'
import { nodeHttp } from './node-http.ts'
import type { EdgePeer, JoinPeer } from './peer.ts'

export const EDGE_PEERS: readonly EdgePeer[] = [nodeHttp, goEdge('go-edge', 'benthos'), goEdge('go-edge-lean', 'lean')]
export const JOIN_PEERS: readonly JoinPeer[] = [kafkaStreams('kafka-streams', 'default'), kafkaStreams('kafka-streams-lean', 'lean')]
