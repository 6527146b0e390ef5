import { setTimeout as sleep } from 'node:timers/promises'
import { call } from './api.ts'
import { nameOf, prepare, type Shot } from './shots.ts'
import type { Stack } from './stack-file.ts'
import { flat, type Row, short } from './table.ts'

const WITHIN_MS = 60_000

type Detail = {
  status: string
  why?: string | null
  click: { click_id: string } | null
  deliveries: { platform: string; status: string; why?: string | null }[]
  attempts: { platform: string; response: unknown; verdict: string }[]
}
type Reply = { postback_id: string; status: string }

/** One ad click and one postback for every source of the demo workspace, through the public door, in the tracker's own words.
 *  What fails is told in its row. */
export async function rehearse(stack: Stack): Promise<Row[]> {
  return Promise.all(
    stack.workspace.sources.map(async (source) => {
      try {
        return await follow(stack, await prepare(stack, source))
      } catch (error) {
        return { tracker: nameOf(source), came: '-', click: '-', platform: '-', answer: `did not go through: ${flat(error)}`, tookMs: 0 }
      }
    }),
  )
}

async function follow(stack: Stack, shot: Shot): Promise<Row> {
  const startedMs = performance.now()
  const response = await shot.send()
  if (!response.ok) return row(shot, '-', '-', `refused: ${response.status} ${(await response.text()).slice(0, 80)}`, startedMs)
  const { postback_id } = (await response.json()) as Reply
  for (;;) {
    const detail = await call<Detail>('GET', `${stack.console_url}/api/v1/postback/events/${postback_id}`, stack.workspace.api_key).catch(
      () => null,
    )
    const done = detail !== null && isDone(detail)
    if (done || performance.now() - startedMs > WITHIN_MS) {
      const platform = detail?.deliveries.map((delivery) => delivery.platform).join(', ') || '-'
      const answer = detail?.attempts.at(-1)
      const said = answer === undefined ? (detail?.status ?? 'not seen yet') : `${answer.verdict}: ${flat(answer.response)}`
      return row(shot, detail?.click?.click_id ?? '-', platform, said, startedMs)
    }
    await sleep(100)
  }
}

/** What a platform answered is written a moment after that it did. */
const isDone = ({ status, attempts }: Detail): boolean =>
  ['forwarded', 'failed'].includes(status) ? attempts.length > 0 : ['quarantined', 'unmatched', 'duplicate'].includes(status)

const row = (shot: Shot, click: string, platform: string, answer: string, startedMs: number): Row => ({
  tracker: nameOf(shot.source),
  came: shot.came,
  click: short(click),
  platform,
  answer,
  tookMs: Math.round(performance.now() - startedMs),
})
