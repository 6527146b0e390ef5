import type { SenderDefinition } from './definition.ts'
import { adjust, appsflyer, branch, chartboost } from './mobile.ts'
import { everflow, keitaro, redtrack, voluum } from './trackers.ts'

export const SENDERS: readonly SenderDefinition[] = [keitaro, voluum, redtrack, branch, everflow, adjust, appsflyer, chartboost]
