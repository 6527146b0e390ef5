import { isIP } from 'node:net'
import { isHashed, isNumber, isObject, isText, type Json } from './twin.ts'

export type MetaFault = { readonly subcode?: number; readonly message: string }

const DAY_S = 86_400
const OLDEST_S = 7 * DAY_S
const OLDEST_IN_STORE_S = 62 * DAY_S
const AHEAD_S = 60

const ACTION_SOURCES = [
  'website',
  'app',
  'email',
  'phone_call',
  'chat',
  'physical_store',
  'system_generated',
  'business_messaging',
  'other',
]
const HASHED = ['em', 'ph', 'fn', 'ln', 'db', 'ge', 'ct', 'st', 'zp', 'country']
const PLAIN = ['client_user_agent', 'fbc', 'fbp', 'subscription_id', 'fb_login_id', 'lead_id', 'anon_id', 'madid', 'ctwa_clid']
const FB_COOKIE = /^fb\.[0-2]\.\d{13}\.[^.\s]+(?:\.[A-Za-z0-9_-]+)?$/

/** What is wrong with one event, or null. https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/server-event */
export function faultOf(event: unknown, nowMs: number): MetaFault | null {
  if (!isObject(event)) return { message: 'must be an object' }
  if (!isText(event.event_name)) return { message: 'event_name is required' }
  if (!Number.isInteger(event.event_time)) return { message: 'event_time must be a Unix time in seconds' }
  if (!ACTION_SOURCES.includes(String(event.action_source))) return { message: 'action_source is required and one of a list' }
  if (event.event_id !== undefined && typeof event.event_id !== 'string') return { message: 'event_id must be a string' }
  if (event.test_event_code !== undefined) return { message: 'test_event_code belongs beside data' }
  return timeFault(event, nowMs) ?? userFault(event.user_data) ?? customFault(event) ?? appFault(event) ?? optionsFault(event)
}

function timeFault(event: Json, nowMs: number): MetaFault | null {
  const ageS = nowMs / 1_000 - Number(event.event_time)
  if (ageS < -AHEAD_S) return { message: 'event_time lies in the future' }
  const oldestS = event.action_source === 'physical_store' ? OLDEST_IN_STORE_S : OLDEST_S
  return ageS > oldestS ? { subcode: 2804003, message: `event_time is more than ${oldestS / DAY_S} days old` } : null
}

function userFault(user: unknown): MetaFault | null {
  if (!isObject(user)) return { subcode: 2804050, message: 'user_data is required' }
  for (const key of HASHED) if (user[key] !== undefined && !isHashed(user[key])) return { message: `user_data.${key} is not SHA-256` }
  for (const key of PLAIN) {
    if (user[key] === undefined) continue
    if (!isText(user[key])) return { message: `user_data.${key} must be a string` }
    if (isHashed(user[key])) return { message: `user_data.${key} must not be hashed` }
  }
  if (user.client_ip_address !== undefined && isIP(String(user.client_ip_address)) === 0)
    return { message: 'user_data.client_ip_address is no IP address' }
  if (isText(user.fbc) && !FB_COOKIE.test(user.fbc)) return { subcode: 2804001, message: 'user_data.fbc is malformed' }
  if (isText(user.fbp) && !FB_COOKIE.test(user.fbp)) return { subcode: 2804001, message: 'user_data.fbp is malformed' }
  return matchesNobody(Object.keys(user)) ? { subcode: 2804050, message: 'user_data has no valid combination of parameters' } : null
}

/** https://developers.facebook.com/docs/marketing-api/conversions-api/best-practices */
function matchesNobody(keys: readonly string[]): boolean {
  const within = (...allowed: string[]) => keys.every((key) => allowed.includes(key))
  return (
    within('ct', 'country', 'st', 'zp', 'ge', 'client_user_agent') ||
    within('db', 'client_user_agent') ||
    within('fn', 'ge') ||
    within('ln', 'ge')
  )
}

function customFault({ event_name, custom_data }: Json): MetaFault | null {
  if (custom_data !== undefined && !isObject(custom_data)) return { message: 'custom_data must be an object' }
  const { value, currency, contents } = custom_data ?? {}
  if (event_name === 'Purchase' && (value === undefined || currency === undefined))
    return { subcode: 2804009, message: 'a Purchase needs custom_data.value and custom_data.currency' }
  if (value !== undefined && !isNumber(value)) return { message: 'custom_data.value must be a number' }
  if (currency !== undefined && !/^[A-Za-z]{3}$/.test(String(currency))) return { message: 'custom_data.currency must be ISO 4217' }
  if (contents !== undefined && !(Array.isArray(contents) && contents.every((one) => isObject(one) && isText(one.id))))
    return { message: 'custom_data.contents must be a list of objects with an id' }
  return null
}

const EXTINFO_LENGTH = 16
function appFault({ action_source, app_data }: Json): MetaFault | null {
  if (action_source !== 'app') return null
  if (!isObject(app_data)) return { message: 'an app event needs app_data' }
  const { advertiser_tracking_enabled, extinfo } = app_data
  if (advertiser_tracking_enabled !== 0 && advertiser_tracking_enabled !== 1)
    return { message: 'app_data.advertiser_tracking_enabled must be 0 or 1' }
  const complete = Array.isArray(extinfo) && extinfo.length === EXTINFO_LENGTH && (extinfo[0] === 'a2' || extinfo[0] === 'i2')
  return complete ? null : { message: 'app_data.extinfo must be 16 strings, the first a2 or i2' }
}

function optionsFault({ data_processing_options: options }: Json): MetaFault | null {
  const fits = options === undefined || (Array.isArray(options) && options.every((one) => one === 'LDU'))
  return fits ? null : { message: 'data_processing_options must be [] or ["LDU"]' }
}
