import { randomBytes } from 'node:crypto'
import { createBeliefs, TWO_DAYS_MS } from './beliefs.ts'
import { isHashed, isNumber, isObject, isText, type Json, type Twin, type TwinReply } from './twin.ts'

const PATH = /^\/open_api\/v1\.3\/event\/track\/?$/
const EVENTS_MAX = 1_000
const SOURCES = ['web', 'app', 'offline', 'crm']
const PIXEL = /^[A-Za-z0-9]{10,40}$/
const HASHED = ['email', 'phone', 'external_id', 'first_name', 'last_name', 'zip_code']
const PLAIN = ['ttclid', 'ttp', 'ip', 'user_agent', 'locale', 'city', 'state', 'country']

/** TikTok's Events API 1.3. The HTTP status is 200 for refusals too; the body's `code` is the answer, and one bad event refuses
 *  the whole batch. https://business-api.tiktok.com/portal/docs?id=1771100779668482 */
export function createTiktokTwin(): Twin {
  const beliefs = createBeliefs()
  return {
    name: 'tiktok',
    beliefs,
    unscripted: [],
    rehearse() {},
    tooMany: () => answer(40100, 'Requests made too frequently. Please retry in a few seconds.'),
    handle({ method, path, headers, json }, nowMs) {
      if (method !== 'POST' || !PATH.test(path)) return { status: 404, body: '404 page not found' }
      const token = headers['access-token']
      if (!isText(token) || /^(expired|revoked)/.test(token)) return answer(40105, 'Access token is incorrect or has been revoked.')
      if (!isObject(json)) return answer(40002, 'The request body is not JSON.')
      const { event_source, event_source_id, data } = json
      if (!SOURCES.includes(String(event_source))) return answer(40002, 'event_source: Not a valid choice.')
      if (!isText(event_source_id) || !PIXEL.test(event_source_id)) return answer(40001, 'No permission to operate the pixel.')
      if (!Array.isArray(data) || data.length === 0) return answer(40002, 'data: Missing data for required field.')
      if (data.length > EVENTS_MAX) return answer(40002, `data: Longer than maximum length ${EVENTS_MAX}.`)
      for (const [index, event] of data.entries()) {
        const fault = faultOf(event)
        if (fault !== null) return answer(40002, `Batch.${index}.${fault}`)
      }
      for (const event of data as Json[]) beliefs.firstWins(believed(event, event_source_id), TWO_DAYS_MS, nowMs)
      return answer(0, 'OK')
    },
  }
}

function believed(event: Json, pixel: string) {
  const properties = isObject(event.properties) ? event.properties : {}
  return {
    destination: pixel,
    event: String(event.event),
    event_id: isText(event.event_id) ? event.event_id : null,
    value: isNumber(properties.value) ? properties.value : null,
    currency: isText(properties.currency) ? properties.currency : null,
  }
}

const NOT_A_STRING = 'Not a valid string'

/** What is wrong with one event, in TikTok's words, or null. */
function faultOf(event: unknown): string | null {
  if (!isObject(event)) return '_schema: Invalid input type'
  if (!isText(event.event)) return 'event: Missing data for required field'
  if (!Number.isInteger(event.event_time)) return 'event_time: Not a valid integer'
  // Milliseconds would be a date some 50,000 years ahead.
  if (Number(event.event_time) > 1e11) return 'event_time: Not a valid timestamp in seconds'
  if (event.event_id !== undefined && typeof event.event_id !== 'string') return `event_id: ${NOT_A_STRING}`
  if (event.limited_data_use !== undefined && typeof event.limited_data_use !== 'boolean') return 'limited_data_use: Not a valid boolean'
  return userFault(event.user) ?? pageFault(event.page) ?? propertiesFault(event.properties)
}

function userFault(user: unknown): string | null {
  if (!isObject(user) || Object.keys(user).length === 0) return 'user: Missing data for required field'
  for (const key of HASHED) if (user[key] !== undefined && !isHashed(user[key])) return `user.${key}: Not a valid SHA-256`
  for (const key of PLAIN) {
    if (user[key] === undefined) continue
    if (!isText(user[key])) return `user.${key}: ${NOT_A_STRING}`
    if (isHashed(user[key])) return `user.${key}: Must not be hashed`
  }
  return null
}

function pageFault(page: unknown): string | null {
  if (page === undefined) return null
  if (!isObject(page)) return 'page: Invalid input type'
  return page.url !== undefined && !isText(page.url) ? `page.url: ${NOT_A_STRING}` : null
}

function propertiesFault(properties: unknown): string | null {
  if (properties === undefined) return null
  if (!isObject(properties)) return 'properties: Invalid input type'
  const { value, currency, contents } = properties
  if (value !== undefined && !isNumber(value)) return 'properties.value: Not a valid number'
  if (currency !== undefined && !/^[A-Z]{3}$/.test(String(currency))) return 'properties.currency: Not a valid choice'
  if (contents === undefined) return null
  if (!Array.isArray(contents)) return 'properties.contents: Not a valid list'
  for (const [index, content] of contents.entries())
    if (isObject(content) && content.content_id !== undefined && typeof content.content_id !== 'string')
      return `properties.contents.${index}.content_id: ${NOT_A_STRING}`
  return null
}

const answer = (code: number, message: string): TwinReply => ({
  status: 200,
  body: { code, message, request_id: randomBytes(16).toString('hex').toUpperCase(), data: {} },
})
