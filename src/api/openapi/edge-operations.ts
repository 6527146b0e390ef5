import { clicks } from './clicks.ts'
import { type JsonObject, openApiDocument } from './document.ts'
import { health } from './health.ts'
import type { Operation } from './operation.ts'
import { receiving } from './receiving.ts'
import { settingUp } from './setting-up.ts'

export const edgeOperations: readonly Operation[] = [...receiving, ...clicks, ...settingUp, ...health]

/** The document of the public door at `url`. */
export const edgeDocument = (url: string): JsonObject =>
  openApiDocument({
    title: 'Postback: the door',
    description:
      'Where trackers and backends send conversions, and ads send their clicks. Errors are RFC 9457 problems with a stable code.',
    version: '1',
    url,
    operations: edgeOperations,
  })
