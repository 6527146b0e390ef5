import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { ownEdge } from '../support/own-edge.ts'
import { ownWorkspace, sourceOf } from '../support/workspace.ts'

const FORGED = '{"level":60,"msg":"forged"}'
/** As a URL, a header of the proxy and a header of the sender can carry it. */
const PLACES = [
  `%0d%0a${encodeURIComponent(FORGED)}`,
  `%0A%1B[2J%1B[31m${encodeURIComponent(FORGED)}`,
  `%E2%80%A8${encodeURIComponent(FORGED)}`,
]

test('one-line-an-event: what a request carries forges no line of the log and no control character in it (F67)', async () => {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const edge = await ownEdge(stack, inject('stackFile'), {
    env: { ALLOW_HTTP: 'false', TRUSTED_PROXIES: '127.0.0.1', LOG_LEVEL: 'debug' },
  })
  try {
    await edge.start()
    const { pathname, search } = new URL(sourceOf(stack, 'generic').postback_url)
    const statuses: number[] = []
    for (const place of PLACES)
      for (const path of [
        `${pathname}${search}&event=Lead&click_id=${place}&${place}=1`,
        `${pathname}/${place}?event=Lead`,
        `/${place}`,
        `/c/${place}?to=${place}`,
      ])
        for (const headers of [
          {},
          { 'x-forwarded-for': `203.0.113.9, ${place}${FORGED}`, 'x-forwarded-proto': `http${place}` },
          { 'user-agent': `${place}${FORGED}`, 'content-type': `text/plain; ${place}` },
        ])
          statuses.push(await statusOf(`${edge.url}${path}`, headers))
    expect(new Set(statuses)).toEqual(new Set([403, 404, 405]))
    const text = readFileSync(edge.logFile, 'utf8')
    const lines = text.trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(PLACES.length)
    for (const line of lines) expect(JSON.parse(line)).not.toMatchObject({ msg: 'forged' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/)
  } finally {
    await edge.end('SIGKILL')
  }
})

const statusOf = (url: string, headers: Readonly<Record<string, string>>): Promise<number> =>
  new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
