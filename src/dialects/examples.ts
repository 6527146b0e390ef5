import type { DialectExample } from './example.ts'
import { examples as generic } from './generic/examples.ts'
import { examples as keitaro } from './keitaro/examples.ts'
import { examples as redtrack } from './redtrack/examples.ts'
import { examples as voluum } from './voluum/examples.ts'

/** Examples by dialect. Apart from the dialects, so that the edge does not carry them. */
export const EXAMPLES: Readonly<Record<string, readonly DialectExample[]>> = { keitaro, voluum, redtrack, generic }
