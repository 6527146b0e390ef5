import { type JsonObject, openApiDocument } from '../../api/openapi/document.ts'
import { health } from '../../api/openapi/health.ts'
import type { Operation } from '../../api/openapi/operation.ts'
import { settingUp } from '../../api/openapi/setting-up.ts'
import { configuration } from './configuration.ts'
import { events } from './events.ts'
import { workspace } from './workspace.ts'

export const consoleOperations: readonly Operation[] = [...events, ...settingUp, ...configuration, ...workspace, ...health]

/** The document of the console's API. */
export const consoleDocument = (): JsonObject =>
  openApiDocument({
    title: 'Postback: the console',
    description: 'What came in and what became of it, and the configuration. Errors are RFC 9457 problems with a stable code.',
    version: '1',
    url: '/',
    operations: consoleOperations,
  })
