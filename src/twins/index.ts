import type { Log } from '../observe/log.ts'
import { createGoogleTwin } from './google.ts'
import { createMetaTwin } from './meta.ts'
import { serveTwin } from './server.ts'
import { createTiktokTwin } from './tiktok.ts'

const CREATE = { meta: createMetaTwin, google: createGoogleTwin, tiktok: createTiktokTwin } as const
type Name = keyof typeof CREATE

/** The ad platforms in a box, one HTTP server each; port 0 takes a free one. Throws Fault `port_taken`, with none left running. */
export async function startTwins(deps: {
  ports: Readonly<Record<Name, number>>
  host: string
  nowMs: () => number
  log: Log
}): Promise<{ urls: Record<Name, string>; close(): Promise<void> }> {
  const running: { name: Name; url: string; close(): Promise<void> }[] = []
  const close = async () => {
    await Promise.all(running.map((one) => one.close()))
  }
  try {
    for (const name of ['meta', 'google', 'tiktok'] as const) {
      const { host, nowMs, log } = deps
      running.push({ name, ...(await serveTwin({ twin: CREATE[name](), port: deps.ports[name], host, nowMs, log })) })
    }
  } catch (error) {
    await close()
    throw error
  }
  const urls = Object.fromEntries(running.map(({ name, url }) => [name, url])) as Record<Name, string> // one of each, above
  return { urls, close }
}
