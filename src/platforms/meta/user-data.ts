import type { Conversion } from '../../events/conversion.ts'
import type { UserForm } from '../../events/shapes.ts'
import { clientOf, compact, DAY_MS, happenedAtMs, platformIdOf } from '../facts.ts'

/** Meta's keys for hashed user data. Each goes as a list, as Meta's own library sends it. */
const HASHED: Readonly<Record<string, UserForm>> = {
  em: 'email',
  ph: 'phone_digits',
  ge: 'gender',
  db: 'birth_date',
  ln: 'last_name',
  fn: 'first_name',
  ct: 'city',
  st: 'state',
  zp: 'zip',
  country: 'country',
  external_id: 'external_id',
}

/** `user_data` of an event. Address, user agent, fbc, fbp and madid are never hashed.
 *  https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/customer-information-parameters */
export function userData(conversion: Conversion): Record<string, unknown> {
  const { user, madid } = conversion.reading
  const hashed = Object.entries(HASHED).map(([key, form]) => [key, user[form] === undefined ? null : [user[form]]])
  const client = clientOf(conversion)
  return compact({
    ...Object.fromEntries(hashed),
    client_ip_address: client.ip,
    client_user_agent: client.userAgent,
    fbc: fbcOf(conversion),
    fbp: fbpOf(conversion),
    madid,
  })
}

/** A cookie of Meta's may have a fifth segment, written by its parameter builder. One malformed value costs the whole batch. */
const FBC = /^fb\.\d\.\d{10,}\.\S+$/
const FBP = /^fb\.\d\.\d{10,}\.\d+(\.\S+)?$/
const FBC_LIFE_MS = 90 * DAY_MS

function fbpOf(conversion: Conversion): string | null {
  const fbp = platformIdOf(conversion, 'fbp')
  return fbp !== null && FBP.test(fbp) ? fbp : null
}

/** The cookie byte for byte, else built from fbclid and the time of the click. An fbclid that came inline without a click was
 *  first seen with the conversion, and Meta asks for that time then. Past the 90 days a cookie lives there is none.
 *  https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/fbp-and-fbc */
function fbcOf(conversion: Conversion): string | null {
  const cookie = [conversion.click?.fbc, conversion.reading.fbc].find((fbc) => fbc && FBC.test(fbc))
  if (cookie) return cookie
  const fbclid = platformIdOf(conversion, 'fbclid')
  if (fbclid === null || fbclid === '' || /\s/.test(fbclid)) return null
  const happenedAt = happenedAtMs(conversion)
  const clickedAt = conversion.click?.clicked_at ?? happenedAt
  return happenedAt - clickedAt > FBC_LIFE_MS ? null : `fb.1.${clickedAt}.${fbclid}`
}

/** Combinations that Meta refuses with error 100/2804050, and with them the whole batch.
 *  https://developers.facebook.com/docs/marketing-api/conversions-api/best-practices */
const USELESS = [
  ['ct', 'country', 'st', 'zp', 'ge', 'client_user_agent'],
  ['db', 'client_user_agent'],
  ['fn', 'ge'],
  ['ln', 'ge'],
].map((keys) => new Set(keys))

export const isUseless = (user: Readonly<Record<string, unknown>>): boolean =>
  USELESS.some((keys) => Object.keys(user).every((key) => keys.has(key)))
