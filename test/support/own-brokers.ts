import { readConfig } from '../../src/config.ts'
import { keepUpBrokers } from '../../src/local/brokers.ts'
import type { Part } from '../../src/local/part.ts'

/** Brokers of a test's own, started again when one dies; they take two ports each from `base` on. */
export const ownBrokers = (count: 1 | 3, base: number, dataDir: string, onChange: () => void = () => undefined): Promise<Part> =>
  keepUpBrokers(
    readConfig({
      KAFKA_LOCAL_BROKERS: String(count),
      KAFKA_PORT: String(base),
      KAFKA_CONTROLLER_PORT: String(base + 1),
      KAFKA_MORE_PORTS_BASE: String(base + 2),
    }),
    dataDir,
    () => undefined,
    onChange,
  )
