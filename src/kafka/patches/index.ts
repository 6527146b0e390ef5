import { Fault } from '../../events/fault.ts'
import { applyBatch, applyFetchDecode } from './fetched-batch.ts'
import { applyGroups } from './groups.ts'
import { applyIdleTimer } from './idle-timer.ts'
import { kafkajsVersion, stockHash } from './modules.ts'
import { applyOffsetFetch, applyStableWait } from './offset-fetch.ts'
import { applyProduceRequest } from './produce-request.ts'
import { applyProduceResponse } from './produce-response.ts'
import { applyRequestFrame } from './request-frame.ts'
import { applyRunner } from './runner.ts'
import { applySendMessages } from './send-messages.ts'
import { applyStaticMembership } from './static-membership.ts'
import { applyTransactionManager } from './transaction-manager.ts'
import { applyTxnOffsetCommit } from './txn-offset-commit.ts'

export type Patch = {
  readonly id: string
  /** The file of kafkajs 2.2.4 that is replaced or changed, and the hash it must have. */
  readonly module: string
  readonly sha256: string
  readonly why: string
  apply(): void
}

const VERSION = '2.2.4'

/** What we change in kafkajs, in this order. A replacement must come before anything that loads its file. */
export const PATCHES: readonly Patch[] = [
  {
    id: 'send-messages',
    module: 'src/producer/sendMessages.js',
    sha256: '8a120e6993955e040a13014cccebd79b8d41e7355d6eda1065fa83fea2fbbcdb',
    why: 'resolves without partitions whose leader moved; gives a batch another sequence when it is tried again; O(n^2) per send',
    apply: applySendMessages,
  },
  {
    id: 'transaction-manager',
    module: 'src/producer/eosManager/index.js',
    sha256: 'a74ae029d7aa786b8616b77f922d30a81bec2833878769dbfa6b4a9dab66db22',
    why: 'looks its coordinators up four times per transaction; gives up where the broker asks to try again; 300 ms pauses',
    apply: applyTransactionManager,
  },
  {
    id: 'produce-request',
    module: 'src/protocol/requests/produce/v3/request.js',
    sha256: '993a3db997827088f5acb08cacf3c67a99ec2886303ff465d244329b8a1c7f99',
    why: '512 zeroed bytes per record, a BigInt per number, records copied five times',
    apply: applyProduceRequest,
  },
  {
    id: 'produce-response',
    module: 'src/protocol/requests/produce/v3/response.js',
    sha256: '2f36048c7ca33a695e0d62892fef7964a6c3d06a7f4cd2cd7fb68858b9825680',
    why: "throws one partition's error for the whole answer, so what was written beside it is written again",
    apply: applyProduceResponse,
  },
  {
    id: 'request-frame',
    module: 'src/protocol/request.js',
    sha256: '2270900ca6474026c11957fe71ac586881985460ed2554db22ad8870dcaff634',
    why: 'copies every request twice',
    apply: applyRequestFrame,
  },
  {
    id: 'fetch-decode',
    module: 'src/protocol/requests/fetch/v4/decodeMessages.js',
    sha256: 'd9fede59bebf84ee15169d0ecc54df594a11722b6ba8d5db535ed1d8548d4fcc',
    why: 'about 10 short-lived objects per record; no checksum; forgets record batches emptied by compaction; RangeError past 125,000',
    apply: applyFetchDecode,
  },
  {
    id: 'fetched-batch',
    module: 'src/consumer/batch.js',
    sha256: '04ee8657247441599f200af5871ce6b3c4463abe941b97405502f8f5f683face',
    why: 'the position stays before an empty record batch for ever; hands out aborted records when aborted transactions overlap',
    apply: applyBatch,
  },
  {
    id: 'idle-timer',
    module: 'src/network/requestQueue/index.js',
    sha256: 'b55986089c14f8f7bfc377922e2e65b3e4c1e7c7af2752d3b10a75dfe9e9260c',
    why: 'a 1 ms timer on every idle connection',
    apply: applyIdleTimer,
  },
  {
    id: 'static-join',
    module: 'src/protocol/requests/joinGroup/index.js',
    sha256: '4cb4c7839dba08fd9b7cb141df694debef2c170034763a69054a953f08ccfe7d',
    why: 'no static membership',
    apply: () => applyStaticMembership('joinGroup'),
  },
  {
    id: 'static-sync',
    module: 'src/protocol/requests/syncGroup/index.js',
    sha256: 'af1092fccc5aee641a42a62024514c1cfe6f9c4c704b77552952170ec17938e4',
    why: 'no static membership',
    apply: () => applyStaticMembership('syncGroup'),
  },
  {
    id: 'static-heartbeat',
    module: 'src/protocol/requests/heartbeat/index.js',
    sha256: '89e6da6d6f7a646286a77385395ac5904bf04acca772ecd40c0985c185dcdabc',
    why: 'no static membership',
    apply: () => applyStaticMembership('heartbeat'),
  },
  {
    id: 'static-leave',
    module: 'src/protocol/requests/leaveGroup/index.js',
    sha256: '4776435b9707619e98e1695ad9abb0efa7ce5ffa7860a5cadab393ba910ce52d',
    why: 'no static membership',
    apply: () => applyStaticMembership('leaveGroup'),
  },
  {
    id: 'txn-offset-commit',
    module: 'src/protocol/requests/txnOffsetCommit/index.js',
    sha256: 'de987fd8224548533d44ff0779a3e71146932d27ab18979bc02592f347c85634',
    why: 'KIP-447: version 1 lets a replaced member commit',
    apply: applyTxnOffsetCommit,
  },
  {
    id: 'offset-fetch',
    module: 'src/protocol/requests/offsetFetch/index.js',
    sha256: '518af17259c0ff4e7581e0384a478551dde847e25ed55f45b661d2cf50e8b5a4',
    why: 'KIP-447: cannot require stable offsets',
    apply: applyOffsetFetch,
  },
  {
    id: 'stable-wait',
    module: 'src/broker/index.js',
    sha256: '9cbea8898528c439c213080f99d86974460114f81b5034c49aeb593a0337ca90',
    why: 'KIP-447: waits until offsets are stable',
    apply: applyStableWait,
  },
  {
    id: 'groups',
    module: 'src/consumer/consumerGroup.js',
    sha256: 'f3e461738585a8dc6574c647123a18afc732f81cdee4f9f7bb62e4aa1dffbfbb',
    why: 'generation and member id are hidden; static members leave; an offset out of range is reset in silence',
    apply: applyGroups,
  },
  {
    id: 'runner',
    module: 'src/consumer/runner.js',
    sha256: 'fad3247df2e3ba483b94e014e5c5916fd72d7bdfc3b3dfccc5232b60da18306d',
    why: 'a consumer that is stopped while its brokers change fetches nothing for ever, and the process stands still',
    apply: applyRunner,
  },
]

/** Throws `client_unknown` unless every file is the one its patch was written against. */
export function verifyPatches(patches: readonly Patch[], version: string, hashOf: (module: string) => string): void {
  if (version !== VERSION) {
    throw new Fault('client_unknown', `kafkajs ${version} is installed, our patches are for ${VERSION}. Run npm ci.`)
  }
  for (const { id, module, sha256 } of patches) {
    if (hashOf(module) !== sha256) {
      throw new Fault('client_unknown', `kafkajs ${module} is not the file patch ${id} was written against. Run npm ci.`)
    }
  }
}

let applied = false

/** Once per process, before anything loads kafkajs. */
export function applyPatches(): void {
  if (applied) return
  verifyPatches(PATCHES, kafkajsVersion(), stockHash)
  for (const patch of PATCHES) patch.apply()
  applied = true
}
