import type { Conversion } from '../../events/conversion.ts'
import type { Item } from '../../events/shapes.ts'
import type { Prepared, Target } from '../definition.ts'
import { clientOf, compact, eventNameOf, happenedAtMs, isTest, moneyOf, platformIdOf, seconds } from '../facts.ts'

/** The names in force since 1 May 2025. https://ads.tiktok.com/help/article/standard-events-parameters */
export const EVENT_NAMES: Readonly<Record<string, string>> = {
  Purchase: 'Purchase',
  Lead: 'Lead',
  SignUp: 'CompleteRegistration',
  AddToCart: 'AddToCart',
  Subscribe: 'Subscribe',
  App_Install: 'Download',
  StartTrial: 'StartTrial',
  InitiateCheckout: 'InitiateCheckout',
  AddPaymentInfo: 'AddPaymentInfo',
  ViewContent: 'ViewContent',
  PageView: 'Pageview',
  Search: 'Search',
  Contact: 'Contact',
  Schedule: 'Schedule',
  SubmitApplication: 'SubmitApplication',
  AddToWishlist: 'AddToWishlist',
}

/** One event of `data[]`. TikTok prints no oldest age for web events, so none expires here.
 *  https://business-api.tiktok.com/portal/docs?id=1771100779668482 */
export function prepare(conversion: Conversion, target: Target, _nowMs: number): Prepared {
  const { reading } = conversion
  const name = eventNameOf(reading.event, target.eventMap, EVENT_NAMES)
  if (name === null) return { kind: 'suppressed', why: 'event_unmapped' }
  if (isTest(conversion) && target.testCode === null) return { kind: 'suppressed', why: 'test' }
  // TikTok has no field for European consent: what was not allowed cannot be told, only kept back.
  if (reading.consent.ad_user_data === false || reading.consent.ad_personalization === false)
    return { kind: 'suppressed', why: 'no_consent' }
  const user = userOf(conversion)
  if (!isMatchable(user))
    return {
      kind: 'failed',
      why: 'missing_identifiers',
      detail: 'TikTok needs a ttclid, a ttp, a hashed email, phone or external id, or an address with its user agent.',
    }
  return {
    kind: 'event',
    event: compact({
      event: name,
      event_time: seconds(happenedAtMs(conversion)),
      event_id: reading.event_id,
      user,
      page: compact({ url: reading.event_source_url, referrer: reading.referrer }),
      properties: compact({ ...moneyOf(conversion), ...contents(reading.items), order_id: reading.transaction_id }),
      limited_data_use: reading.limited_data_use,
    }),
  }
}

/** Email, phone, names, postal code and external id are hashed; country is plain; the click id, the cookie, address and user
 *  agent are never hashed. City and state would have to be plain, and we keep only their hashes. */
function userOf(conversion: Conversion): Record<string, unknown> {
  const { user, country, locale } = conversion.reading
  const client = clientOf(conversion)
  return compact({
    email: user.email,
    phone: user.phone_e164,
    external_id: user.external_id,
    first_name: user.first_name,
    last_name: user.last_name,
    zip_code: user.zip,
    country,
    ttclid: platformIdOf(conversion, 'ttclid'),
    ttp: platformIdOf(conversion, 'ttp'),
    ip: client.ip,
    user_agent: client.userAgent,
    locale,
  })
}

const IDENTIFIERS = ['ttclid', 'ttp', 'email', 'phone', 'external_id']
const isMatchable = (user: Readonly<Record<string, unknown>>): boolean =>
  IDENTIFIERS.some((key) => key in user) || ('ip' in user && 'user_agent' in user)

/** `content_id` is a string; a number is refused with the whole batch. */
function contents(items: readonly Item[]): Record<string, unknown> {
  if (items.length === 0) return {}
  return {
    contents: items.map((item) =>
      compact({
        content_id: item.id,
        content_name: item.name,
        content_category: item.category,
        brand: item.brand,
        quantity: item.quantity,
        price: item.price === null ? null : Number(item.price),
      }),
    ),
    content_type: 'product',
  }
}
