import type { PlatformId } from '../events/words.ts'
import type { PlatformDefinition } from './definition.ts'
import { google } from './google/index.ts'
import { meta } from './meta/index.ts'
import { tiktok } from './tiktok/index.ts'

/** Every ad platform there is; topics, consumer groups, configuration and the contract suite follow from it. */
export const PLATFORMS: Readonly<Record<PlatformId, PlatformDefinition>> = { meta, google, tiktok }
