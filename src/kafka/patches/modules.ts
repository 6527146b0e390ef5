import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const packageFile = require.resolve('kafkajs/package.json')
const root = dirname(packageFile)

export const kafkajsVersion = (): string => (require(packageFile) as { version: string }).version

/** kafkajs 2.2.4 has no `exports` map, so its modules can be reached one by one: `path` is `src/...js`. */
export const stock = (path: string): unknown => require(join(root, path))

export const stockHash = (path: string): string =>
  createHash('sha256')
    .update(readFileSync(join(root, path)))
    .digest('hex')

/** Makes every later `require` of the module answer `exports`; refuses when somebody has the stock one already. */
export function replace(path: string, exports: unknown): void {
  const filename = join(root, path)
  if (require.cache[filename] !== undefined) throw new Error(`kafkajs ${path} was loaded before it could be replaced`)
  const module = new Module(filename)
  module.filename = filename
  module.loaded = true
  module.exports = exports
  require.cache[filename] = module
}

/** A fresh copy of the stock file, past the cache: for tests that show what a patch mends. */
export function untouched(path: string): unknown {
  const filename = join(root, path)
  const module = new Module(filename) as Module & { load(filename: string): void }
  module.load(filename)
  return module.exports
}
