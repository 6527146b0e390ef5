import { createLog } from '../observe/log.ts'
import { startTwins } from '../twins/index.ts'
import { openAdmin, type RunRole } from './context.ts'

/** `node src/main.ts twins`: the ad platforms in a box, for sandbox destinations, rehearsals and tests. */
export const twins: RunRole = async (config) => {
  const log = createLog('twins', config.LOG_LEVEL)
  const { closing, readiness } = await openAdmin(config, log)
  const running = await startTwins({
    ports: { meta: config.TWIN_META_PORT, google: config.TWIN_GOOGLE_PORT, tiktok: config.TWIN_TIKTOK_PORT },
    host: '127.0.0.1',
    nowMs: Date.now,
    log,
  })
  closing.push(() => running.close())
  Object.assign(readiness, { ready: true, reason: 'ready' })
}
