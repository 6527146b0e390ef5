import { examples as adjust } from './adjust/examples.ts'
import { examples as affise } from './affise/examples.ts'
import { examples as anytrack } from './anytrack/examples.ts'
import { examples as appmetrica } from './appmetrica/examples.ts'
import { examples as appsflyer } from './appsflyer/examples.ts'
import { examples as bemob } from './bemob/examples.ts'
import { examples as binom } from './binom/examples.ts'
import { examples as clickflare } from './clickflare/examples.ts'
import { examples as cpvlab } from './cpvlab/examples.ts'
import { examples as everflow } from './everflow/examples.ts'
import type { DialectExample } from './example.ts'
import { examples as funnelflux } from './funnelflux/examples.ts'
import { examples as generic } from './generic/examples.ts'
import { examples as keitaro } from './keitaro/examples.ts'
import { examples as peerclick } from './peerclick/examples.ts'
import { examples as redtrack } from './redtrack/examples.ts'
import { examples as singular } from './singular/examples.ts'
import { examples as tune } from './tune/examples.ts'
import { examples as voluum } from './voluum/examples.ts'

/** Examples by dialect. Apart from the dialects, so that the edge does not carry them. */
export const EXAMPLES: Readonly<Record<string, readonly DialectExample[]>> = {
  anytrack,
  bemob,
  binom,
  clickflare,
  cpvlab,
  funnelflux,
  keitaro,
  peerclick,
  redtrack,
  voluum,
  everflow,
  affise,
  tune,
  appsflyer,
  adjust,
  singular,
  appmetrica,
  generic,
}
