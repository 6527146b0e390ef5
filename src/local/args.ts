import { parseArgs } from 'node:util'
import { Fault } from '../events/fault.ts'

export type LocalArgs = {
  readonly rehearsal: boolean
  /** Postbacks per second to keep firing; 0 is none. */
  readonly traffic: number
}

const TRAFFIC_MAX = 10_000

/** Throws `config_invalid` for what it does not know. */
export function readArgs(args: readonly string[]): LocalArgs {
  try {
    const { values } = parseArgs({ args: [...args], options: { traffic: { type: 'string' }, 'no-rehearsal': { type: 'boolean' } } })
    const traffic = Number(values.traffic ?? 0)
    if (!Number.isFinite(traffic) || traffic < 0 || traffic > TRAFFIC_MAX)
      throw new Error(`--traffic ${values.traffic} is not a rate between 0 and ${TRAFFIC_MAX}`)
    return { rehearsal: values['no-rehearsal'] !== true, traffic }
  } catch (error) {
    const [said = ''] = (error as Error).message.split('\n')
    throw new Fault('config_invalid', `${said.replace(/\.$/, '')}. Known: --traffic <postbacks per second>, --no-rehearsal.`)
  }
}
