import { randomUUID } from 'node:crypto'
import type { Stack } from './stack-file.ts'

const IDS = ['fbclid=IwAR', 'ttclid=E.C.P.'] as const
const IN_FLIGHT_MAX = 500

/** Keeps firing clicks, and for each a postback shortly after, at `perSecond` postbacks. Answers how to stop. */
export function fireTraffic(stack: Stack, perSecond: number): () => void {
  const sources = stack.workspace.sources.filter((source) => source.kind === 'tracker')
  let inFlight = 0
  let turn = 0
  const one = async (): Promise<void> => {
    const source = sources[turn++ % sources.length]
    if (source === undefined) return
    const id = randomUUID()
    const to = encodeURIComponent('https://example.com/?click_id={click_id}')
    await fetch(`${source.click_url}?to=${to}&click_id=${id}&${IDS[turn % IDS.length]}${id}`, { redirect: 'manual' })
    const event = ['Purchase', 'Lead', 'SignUp', 'Subscribe'][turn % 4]
    await fetch(
      `${source.postback_url}&click_id=${id}&event=${event}&value=${(turn % 5_000) / 100 + 0.5}&currency=USD&transaction_id=${id.slice(0, 8)}`,
    )
  }
  // Ten times a second, so that the rate is even and a slow answer does not pile up requests.
  const timer = setInterval(() => {
    for (let shot = 0; shot < perSecond / 10 && inFlight < IN_FLIGHT_MAX; shot++) {
      inFlight++
      one()
        .catch(() => undefined) // the edge may be restarting; traffic goes on
        .finally(() => {
          inFlight--
        })
    }
  }, 100)
  return () => clearInterval(timer)
}
