import { isHashed, isNumber, isObject, isText, type Json } from './twin.ts'

/** `field` in Google's own spelling: `events.events[0].user_data.user_identifiers[0].email_address`. */
export type Violation = { readonly field: string; readonly description: string; readonly reason: string }

const EVENTS_MAX = 2_000
const DESTINATIONS_MAX = 10
const IDENTIFIERS_MAX = 10

/** Every name the API knows: it refuses one it does not. google/ads/datamanager/v1/{ingestion_service,event}.proto */
const REQUEST_FIELDS = ['destinations', 'events', 'consent', 'validateOnly', 'encoding', 'encryptionInfo']
const EVENT_FIELDS = [
  'destinationReferences',
  'transactionId',
  'eventTimestamp',
  'lastUpdatedTimestamp',
  'userData',
  'consent',
  'adIdentifiers',
  'currency',
  'conversionValue',
  'eventSource',
  'eventDeviceInfo',
  'cartData',
  'customVariables',
  'experimentalFields',
  'userProperties',
  'eventName',
  'clientId',
  'userId',
  'additionalEventParameters',
  'thirdPartyUserData',
  'eventLocation',
  'appInstanceId',
]
const EVENT_SOURCES = ['WEB', 'APP', 'IN_STORE', 'PHONE', 'MESSAGE', 'OTHER']
const CONSENTS = ['CONSENT_STATUS_UNSPECIFIED', 'CONSENT_GRANTED', 'CONSENT_DENIED']
const ACCOUNT_TYPES = ['GOOGLE_ADS', 'DISPLAY_VIDEO_PARTNER', 'DISPLAY_VIDEO_ADVERTISER', 'DATA_PARTNER', 'GOOGLE_ANALYTICS_PROPERTY']
const CLICK_IDS = ['gclid', 'gbraid', 'wbraid']

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

const violation = (field: string, reason: string, description: string): Violation => ({ field, description, reason })

/** Everything structurally wrong with a request; one finding refuses the whole of it.
 *  https://developers.google.com/data-manager/api/devguides/concepts/errors */
export function violationsOf(request: Json, nowMs: number): Violation[] {
  const { destinations, events, encoding } = request
  const found = unknownFields(request, REQUEST_FIELDS, '')
  if (!Array.isArray(destinations) || destinations.length === 0)
    return [...found, violation('destinations', 'REQUIRED_FIELD_MISSING', 'At least one destination is required.')]
  if (destinations.length > DESTINATIONS_MAX)
    return [...found, violation('destinations', 'TOO_MANY_DESTINATIONS', `At most ${DESTINATIONS_MAX} destinations.`)]
  if (!Array.isArray(events) || events.length === 0)
    return [...found, violation('events', 'REQUIRED_FIELD_MISSING', 'At least one event is required.')]
  if (events.length > EVENTS_MAX) return [...found, violation('events', 'TOO_MANY_EVENTS', `At most ${EVENTS_MAX} events.`)]
  destinations.forEach((destination, index) => {
    found.push(...ofDestination(destination, `destinations.destinations[${index}]`))
  })
  const references = destinations.map((destination) => (isObject(destination) ? destination.reference : undefined))
  if (new Set(references).size < references.length)
    found.push(violation('destinations', 'DUPLICATE_DESTINATION_REFERENCE', 'References must differ.'))
  events.forEach((event, index) => {
    found.push(...ofEvent(event, `events.events[${index}]`, { nowMs, references, encoding }))
  })
  return found
}

function unknownFields(record: Json, known: readonly string[], at: string): Violation[] {
  const names = Object.keys(record).filter((name) => !known.includes(name))
  return names.map((name) => violation(`${at}${name}`, 'INVALID_ARGUMENT', `Invalid JSON payload received. Unknown name "${name}".`))
}

function ofDestination(destination: unknown, at: string): Violation[] {
  if (!isObject(destination)) return [violation(at, 'INVALID_DESTINATION', 'Not an object.')]
  const { operatingAccount, loginAccount, productDestinationId } = destination
  const found: Violation[] = []
  if (!isAccount(operatingAccount)) found.push(violation(`${at}.operating_account`, 'INVALID_DESTINATION', 'Needs type and numeric id.'))
  if (loginAccount !== undefined && !isAccount(loginAccount))
    found.push(violation(`${at}.login_account`, 'INVALID_DESTINATION', 'Needs type and numeric id.'))
  if (!/^\d+$/.test(String(productDestinationId)))
    found.push(violation(`${at}.product_destination_id`, 'INVALID_CONVERSION_ACTION_ID', 'Must be the numeric id, not a resource name.'))
  return found
}

const isAccount = (account: unknown): boolean =>
  isObject(account) && ACCOUNT_TYPES.includes(String(account.accountType)) && /^\d+$/.test(String(account.accountId))

type Around = { nowMs: number; references: readonly unknown[]; encoding: unknown }

function ofEvent(event: unknown, at: string, { nowMs, references, encoding }: Around): Violation[] {
  if (!isObject(event)) return [violation(at, 'INVALID_EVENT', 'Not an object.')]
  const found = unknownFields(event, EVENT_FIELDS, `${at}.`)
  const add = (name: string, reason: string, description: string) => found.push(violation(`${at}.${name}`, reason, description))
  const { destinationReferences, eventTimestamp, eventSource, conversionValue, currency, transactionId, consent, adIdentifiers } = event

  if (typeof eventTimestamp !== 'string' || !RFC3339.test(eventTimestamp))
    add('event_timestamp', eventTimestamp === undefined ? 'REQUIRED_FIELD_MISSING' : 'INVALID_FORMAT', 'Must be RFC 3339.')
  else if (Date.parse(eventTimestamp) > nowMs) add('event_timestamp', 'EVENT_TIME_INVALID', 'Lies in the future.')
  if (eventSource !== undefined && !EVENT_SOURCES.includes(String(eventSource))) add('event_source', 'INVALID_ENUM_VALUE', 'Not a source.')
  if (transactionId !== undefined && !isText(transactionId)) add('transaction_id', 'INVALID_FORMAT', 'Must be a string.')
  if (conversionValue !== undefined && !isNumber(conversionValue)) add('conversion_value', 'INVALID_NUMBER_FORMAT', 'Must be a number.')
  if (currency !== undefined && !/^[A-Z]{3}$/.test(String(currency))) add('currency', 'INVALID_CURRENCY_CODE', 'Must be ISO 4217.')
  if (destinationReferences !== undefined) {
    const known = Array.isArray(destinationReferences) && destinationReferences.every((one) => references.includes(one))
    if (!known) add('destination_references', 'INVALID_DESTINATION', 'Names no destination of the request.')
  }
  if (consent !== undefined) {
    const fits = isObject(consent) && Object.values(consent).every((one) => CONSENTS.includes(String(one)))
    if (!fits) add('consent', 'INVALID_ENUM_VALUE', 'Must be CONSENT_GRANTED or CONSENT_DENIED.')
  }
  const clickIds = isObject(adIdentifiers) ? CLICK_IDS.filter((id) => isText(adIdentifiers[id])) : []
  if (clickIds.length > 1) add('ad_identifiers', 'INVALID_EVENT', 'Exactly one click id may be set.')
  if (adIdentifiers !== undefined && clickIds.length === 0) add('ad_identifiers', 'NO_IDENTIFIERS_PROVIDED', 'No identifier is set.')
  if (adIdentifiers === undefined && event.userData === undefined) add('', 'NO_IDENTIFIERS_PROVIDED', 'Needs a click id or user data.')
  if (event.userData !== undefined) found.push(...ofUserData(event.userData, encoding, `${at}.user_data`))
  return found
}

function ofUserData(userData: unknown, encoding: unknown, at: string): Violation[] {
  const identifiers = isObject(userData) ? userData.userIdentifiers : undefined
  if (!Array.isArray(identifiers) || identifiers.length === 0)
    return [violation(`${at}.user_identifiers`, 'REQUIRED_FIELD_MISSING', 'At least one identifier is required.')]
  if (identifiers.length > IDENTIFIERS_MAX)
    return [violation(`${at}.user_identifiers`, 'TOO_MANY_USER_IDENTIFIERS', `At most ${IDENTIFIERS_MAX} identifiers.`)]
  if (encoding !== 'HEX' && encoding !== 'BASE64')
    return [violation('encoding', 'REQUIRED_FIELD_MISSING', 'User data needs the encoding of its hashes.')]
  return identifiers.flatMap((identifier, index) => ofIdentifier(identifier, encoding, `${at}.user_identifiers[${index}]`))
}

const isBase64Hash = (value: unknown): boolean => typeof value === 'string' && /^[A-Za-z0-9+/]{43}=$/.test(value)

function ofIdentifier(identifier: unknown, encoding: string, at: string): Violation[] {
  const names = isObject(identifier) ? Object.keys(identifier) : []
  const [name = ''] = names
  if (!isObject(identifier) || names.length !== 1 || !['emailAddress', 'phoneNumber', 'address'].includes(name))
    return [violation(at, 'INVALID_ARGUMENT', 'Exactly one of email_address, phone_number and address.')]
  const isRight = encoding === 'HEX' ? isHashed : isBase64Hash
  const reason = encoding === 'HEX' ? 'INVALID_HEX_ENCODING' : 'INVALID_BASE64_ENCODING'
  if (name !== 'address') {
    const field = name === 'emailAddress' ? 'email_address' : 'phone_number'
    return isRight(identifier[name]) ? [] : [violation(`${at}.${field}`, reason, 'Not a SHA-256 hash in the encoding of the request.')]
  }
  const address = isObject(identifier.address) ? identifier.address : {}
  const found: Violation[] = []
  if (!isRight(address.givenName)) found.push(violation(`${at}.address.given_name`, reason, 'Not a SHA-256 hash.'))
  if (!isRight(address.familyName)) found.push(violation(`${at}.address.family_name`, reason, 'Not a SHA-256 hash.'))
  if (!/^[A-Z]{2}$/.test(String(address.regionCode)))
    found.push(violation(`${at}.address.region_code`, 'INVALID_REGION_CODE', 'Must be ISO 3166 alpha-2.'))
  if (!isText(address.postalCode)) found.push(violation(`${at}.address.postal_code`, 'INVALID_POSTAL_CODE', 'Is required.'))
  return found
}
