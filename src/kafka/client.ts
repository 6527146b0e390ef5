import { createRequire } from 'node:module'
import type * as Kafkajs from 'kafkajs'
import { applyPatches } from './patches/index.ts'

applyPatches()
const kafkajs = createRequire(import.meta.url)('kafkajs') as typeof Kafkajs

/** kafkajs with our patches; the only door to it. */
export const { Kafka, AssignerProtocol, ConfigResourceTypes, logLevel } = kafkajs
