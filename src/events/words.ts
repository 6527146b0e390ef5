/** The standard events. Each destination maps them to the platform's own names. */
export const EVENTS = [
  'Purchase',
  'Lead',
  'SignUp',
  'AddToCart',
  'Subscribe',
  'App_Install',
  'StartTrial',
  'InitiateCheckout',
  'AddPaymentInfo',
  'ViewContent',
  'PageView',
  'Search',
  'Contact',
  'Schedule',
  'SubmitApplication',
  'AddToWishlist',
  'Deposit',
] as const
export type StandardEvent = (typeof EVENTS)[number]

export const CONVERSION_STATUSES = ['lead', 'pending', 'hold', 'trial', 'approved', 'rejected', 'refund', 'chargeback', 'rebill'] as const
export type ConversionStatus = (typeof CONVERSION_STATUSES)[number]

/** Statuses that are not sent by default: the money is not there, or it went back. */
export const NOT_SENT_STATUSES: readonly ConversionStatus[] = ['pending', 'hold', 'rejected', 'refund', 'chargeback']

export const PLATFORM_IDS = ['meta', 'google', 'tiktok'] as const
export type PlatformId = (typeof PLATFORM_IDS)[number]

/** Ids that prove a click on a platform's ad, the surest first: those of a landing URL are of this click, while the cookie
 *  `fbc` may be of one three months ago. `fbp` and `ttp` name a browser and prove no click. */
export const PLATFORM_OF_ID = {
  fbclid: 'meta',
  gclid: 'google',
  gbraid: 'google',
  wbraid: 'google',
  ttclid: 'tiktok',
  fbc: 'meta',
} as const satisfies Record<string, PlatformId>
export type PlatformClickId = keyof typeof PLATFORM_OF_ID

/** The platform that the surest of some ids proves; null when none does. */
export function platformOfIds(ids: Readonly<Record<PlatformClickId, string | null>>): PlatformId | null {
  const surest = (Object.keys(PLATFORM_OF_ID) as PlatformClickId[]).find((id) => ids[id] !== null)
  return surest === undefined ? null : PLATFORM_OF_ID[surest]
}

/** Trackers by the names their users know, in the order of the page; `generic` is every other sender. An id is configuration value and
 *  ClickHouse value: it never changes. */
export const TRACKER_NAMES = {
  keitaro: 'Keitaro',
  voluum: 'Voluum',
  redtrack: 'RedTrack',
  binom: 'Binom',
  bemob: 'BeMob',
  clickflare: 'ClickFlare',
  peerclick: 'PeerClick',
  funnelflux: 'FunnelFlux',
  cpvlab: 'CPV Lab',
  anytrack: 'AnyTrack',
  everflow: 'Everflow',
  affise: 'Affise',
  tune: 'TUNE',
  appsflyer: 'AppsFlyer',
  adjust: 'Adjust',
  singular: 'Singular',
  appmetrica: 'AppMetrica',
  generic: 'Generic',
} as const
export type TrackerId = keyof typeof TRACKER_NAMES
export const TRACKERS = Object.keys(TRACKER_NAMES) as [TrackerId, ...TrackerId[]] // there are some

/** Words other people use, folded to lower case without separators, and ours. */
const EVENT_ALIASES: Readonly<Record<string, StandardEvent>> = {
  sale: 'Purchase',
  purchase: 'Purchase',
  order: 'Purchase',
  completepayment: 'Purchase',
  lead: 'Lead',
  submitform: 'Lead',
  signup: 'SignUp',
  registration: 'SignUp',
  register: 'SignUp',
  reg: 'SignUp',
  completeregistration: 'SignUp',
  subscription: 'Subscribe',
  install: 'App_Install',
  appinstall: 'App_Install',
  installapp: 'App_Install',
  trial: 'StartTrial',
  ftd: 'Deposit',
  dep: 'Deposit',
}

const fold = (word: string): string => word.toLowerCase().replace(/[\s_-]/g, '')
const STANDARD = new Map<string, StandardEvent>(EVENTS.map((event) => [fold(event), event]))
const CUSTOM = /^custom_([A-Za-z0-9_.-]{1,64})$/i

/** The word of the vocabulary for what a sender wrote: case-blind, `Custom_<name>` kept; undefined when it is none. */
export function eventWord(sent: string): string | undefined {
  const word = sent.trim()
  const custom = CUSTOM.exec(word)?.[1]
  if (custom !== undefined) return `Custom_${custom}`
  const folded = fold(word)
  return STANDARD.get(folded) ?? (Object.hasOwn(EVENT_ALIASES, folded) ? EVENT_ALIASES[folded] : undefined)
}

const STATUS_ALIASES: Readonly<Record<string, ConversionStatus>> = {
  approve: 'approved',
  confirm: 'approved',
  confirmed: 'approved',
  sale: 'approved',
  purchase: 'approved',
  reject: 'rejected',
  trash: 'rejected',
  cancel: 'rejected',
  cancelled: 'rejected',
  canceled: 'rejected',
  declined: 'rejected',
  decline: 'rejected',
  fail: 'rejected',
  spam: 'rejected',
  double: 'rejected',
  duplicate: 'rejected',
  wait: 'pending',
  new: 'pending',
  refunded: 'refund',
}

/** The conversion status for a word, case-blind; undefined when no common meaning is known (it differs by network). */
export function statusWord(sent: string): ConversionStatus | undefined {
  const word = sent.trim().toLowerCase()
  return (CONVERSION_STATUSES as readonly string[]).includes(word)
    ? (word as ConversionStatus)
    : Object.hasOwn(STATUS_ALIASES, word)
      ? STATUS_ALIASES[word]
      : undefined
}
