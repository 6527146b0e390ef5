import { fork } from 'node:child_process'
import type { ProbeConfig, ProbeNews } from './kafkajs-probe.ts'

/** A probe under way; disposing of it ends its process. */
export function startProbe(config: ProbeConfig) {
  const news: ProbeNews[] = []
  const child = fork(new URL('./kafkajs-probe.ts', import.meta.url), [JSON.stringify(config)], { execArgv: [] })
  child.on('message', (message: ProbeNews) => news.push(message))
  const of = <Kind extends ProbeNews['kind']>(kind: Kind) =>
    news.filter((one): one is Extract<ProbeNews, { kind: Kind }> => one.kind === kind)
  return {
    of,
    values: () => of('records').flatMap(({ values }) => values),
    goOn: () => void child.send('go on'),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}
