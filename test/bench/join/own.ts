import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Joiner, JoinPeer } from '../peers/peer.ts'
import { emptyTopic, skipToEnd } from './offsets.ts'

const GROUP = 'attribution'

/** Our own role, with variables of its own. */
export const ownJoiner = (name: string, env: Readonly<Record<string, string>>): JoinPeer => ({
  name,
  prepare: async () => undefined,
  async open(ground) {
    const { client, dataDir, stack } = ground
    if (dataDir === null) throw new Error('Attribution is measured from an empty state, on a stack of its own: leave --stack out.')
    const stateDir = join(dataDir, 'state', 'attribution-0')
    await skipToEnd(client, GROUP, 'postbacks')
    await emptyTopic(client, 'postbacks')
    await emptyTopic(client, 'pending') // else a start reads what was held in every turn before
    const count = (name: string, labels: string) => counted(`${stack.admin_urls.attribution?.[0]}/metrics`, name, labels)
    rmSync(stateDir, { recursive: true, force: true })
    return {
      groupId: GROUP,
      outcomes: 'outcomes',
      holds: true,
      stateDir,
      start: (more = {}) => ground.start(GROUP, { ...env, ...more }),
      clicksRead: () => count('postback_records_read_total', 'topic="clicks"'),
      async settled() {
        const [matched, duplicate] = await Promise.all([
          count('postback_attributed_total', 'stage="matched"'),
          count('postback_attributed_total', 'stage="duplicate"'),
        ])
        return matched + duplicate
      },
      close: async () => undefined,
    } satisfies Joiner
  },
})

/** 0 while the process has not come up, or has not counted. */
async function counted(url: string, name: string, labels: string): Promise<number> {
  const page = await fetch(url).then(
    (response) => response.text(),
    () => '',
  )
  return sumOf(page, name, labels)
}

/** The sum of the samples of a name whose labels hold this text, in the text format of metrics. */
export function sumOf(page: string, name: string, labels: string): number {
  const samples = page.split('\n').filter((line) => line.startsWith(`${name}{`) && line.slice(0, line.lastIndexOf('}')).includes(labels))
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
