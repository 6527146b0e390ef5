import { dlopen, getRawPointer } from 'node:ffi'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The ClickHouse server inside npm's chdb, as a process of its own: the call below serves until standard input ends.
 *  Arguments are those of `clickhouse local`. Recipe and limits: deploy/decisions/2026-11-24-clickhouse-from-npm.md. */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@chdb/lib-linux-x64-gnu',
  'linux-arm64': '@chdb/lib-linux-arm64-gnu',
  'darwin-arm64': '@chdb/lib-darwin-arm64',
}
const require = createRequire(createRequire(import.meta.url).resolve('chdb'))
const folder = dirname(require.resolve(`${PACKAGES[`${process.platform}-${process.arch}`]}/package.json`))
const { functions } = dlopen(join(folder, 'libchdb.so'), { query_stable_v2: { arguments: ['i32', 'pointer'], return: 'pointer' } })

const args = ['clickhouse', ...process.argv.slice(2)].map((arg) => Buffer.from(`${arg}\0`))
const argv = Buffer.alloc(8 * (args.length + 1))
for (const [index, arg] of args.entries()) argv.writeBigUInt64LE(getRawPointer(arg), 8 * index)
functions.query_stable_v2?.(args.length, getRawPointer(argv))
