import type { Conversion } from '../../events/conversion.ts'
import type { Item } from '../../events/shapes.ts'
import type { Prepared, Target } from '../definition.ts'
import { compact, DAY_MS, eventNameOf, happenedAtMs, isTest, moneyOf, seconds } from '../facts.ts'
import { isUseless, userData } from './user-data.ts'

/** https://developers.facebook.com/docs/meta-pixel/reference; App_Install and Deposit have no
 *  standard web event: an unmapped event is shown, not guessed. */
export const EVENT_NAMES: Readonly<Record<string, string>> = {
  Purchase: 'Purchase',
  Lead: 'Lead',
  SignUp: 'CompleteRegistration',
  AddToCart: 'AddToCart',
  Subscribe: 'Subscribe',
  StartTrial: 'StartTrial',
  InitiateCheckout: 'InitiateCheckout',
  AddPaymentInfo: 'AddPaymentInfo',
  ViewContent: 'ViewContent',
  PageView: 'PageView',
  Search: 'Search',
  Contact: 'Contact',
  Schedule: 'Schedule',
  SubmitApplication: 'SubmitApplication',
  AddToWishlist: 'AddToWishlist',
}

const ACTION_SOURCES = new Set([
  'website',
  'app',
  'email',
  'phone_call',
  'chat',
  'physical_store',
  'system_generated',
  'business_messaging',
  'other',
])

/** https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api */
const OLDEST_MS = 7 * DAY_MS
const OLDEST_IN_STORE_MS = 62 * DAY_MS

/** One event of `data[]`. What would cost the whole batch is decided here instead.
 *  https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/server-event */
export function prepare(conversion: Conversion, target: Target, nowMs: number): Prepared {
  const { reading } = conversion
  const name = eventNameOf(reading.event, target.eventMap, EVENT_NAMES)
  if (name === null) return { kind: 'suppressed', why: 'event_unmapped' }
  if (isTest(conversion) && target.testCode === null) return { kind: 'suppressed', why: 'test' }
  // Meta has no field for European consent: what was not allowed cannot be told, only kept back.
  if (reading.consent.ad_user_data === false || reading.consent.ad_personalization === false)
    return { kind: 'suppressed', why: 'no_consent' }

  const actionSource = reading.action_source !== null && ACTION_SOURCES.has(reading.action_source) ? reading.action_source : 'website'
  const happenedAt = happenedAtMs(conversion)
  const oldestMs = actionSource === 'physical_store' ? OLDEST_IN_STORE_MS : OLDEST_MS
  if (nowMs - happenedAt > oldestMs)
    return { kind: 'expired', why: 'too_old', detail: `Meta takes events of the last ${oldestMs / DAY_MS} days.` }

  const money = moneyOf(conversion)
  if (name === 'Purchase' && money === undefined)
    return { kind: 'failed', why: 'missing_value', detail: 'Meta refuses a Purchase without value and currency.' }
  const user = userData(conversion)
  if (isUseless(user))
    return {
      kind: 'failed',
      why: 'missing_identifiers',
      detail: `Meta cannot match by ${Object.keys(user).join(', ') || 'nothing'} alone.`,
    }
  const app = appData(conversion)
  if (actionSource === 'app' && app === null)
    return { kind: 'failed', why: 'missing_identifiers', detail: 'Meta needs tracking_enabled and 16 extinfo strings of an app event.' }

  const event = compact({
    event_name: name,
    event_time: seconds(happenedAt),
    user_data: user,
    custom_data: compact({ ...money, ...contents(reading.items), order_id: reading.transaction_id }),
    app_data: actionSource === 'app' ? app : null,
    action_source: actionSource,
    event_id: reading.event_id,
    event_source_url: reading.event_source_url,
    referrer_url: reading.referrer,
  })
  return { kind: 'event', event: { ...event, ...limitedDataUse(reading.limited_data_use) } }
}

/** US only. Country and state 0 let Meta locate the visitor; an empty list says that the limit is off. */
function limitedDataUse(limited: boolean | null): Record<string, unknown> {
  if (limited === null) return {}
  if (!limited) return { data_processing_options: [] }
  return { data_processing_options: ['LDU'], data_processing_options_country: 0, data_processing_options_state: 0 }
}

function contents(items: readonly Item[]): Record<string, unknown> {
  const known = items.filter((item) => item.id !== null)
  if (known.length === 0) return {}
  return {
    contents: known.map((item) =>
      compact({ id: item.id, quantity: item.quantity, item_price: item.price === null ? null : Number(item.price) }),
    ),
    content_ids: known.map((item) => item.id),
    content_type: 'product',
  }
}

const EXTINFO_LENGTH = 16
function appData({ reading: { app } }: Conversion): Record<string, unknown> | null {
  if (app === null || app.tracking_enabled === null || app.extinfo.length !== EXTINFO_LENGTH) return null
  const enabled = app.tracking_enabled ? 1 : 0
  return { advertiser_tracking_enabled: enabled, application_tracking_enabled: enabled, extinfo: app.extinfo }
}
