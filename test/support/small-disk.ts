import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'

/** What a TypeScript program prints that is run in a process of its own, whose files may have so many blocks of 1,024 bytes; null: as
 *  many as it likes. A process that ignores the signal gets EFBIG at the limit, as it gets ENOSPC from a full disk. */
export function runOnSmallDisk(program: string, args: readonly string[], blocksMax: number | null): string {
  const limit = blocksMax === null ? '' : `trap '' XFSZ; ulimit -f ${blocksMax};`
  const node = '"$0" --disable-warning=ExperimentalWarning --input-type=module-typescript -e "$@"'
  const { stdout, stderr, status } = spawnSync('bash', ['-c', `${limit} exec ${node}`, process.execPath, program, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect(status, stderr).toBe(0)
  return stdout
}
