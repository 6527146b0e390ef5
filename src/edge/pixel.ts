import type { Answer } from '../api/answer.ts'
import { PLATFORM_OF_ID } from '../events/words.ts'
import type { EdgeDeps } from './deps.ts'
import { keyOf, openGate } from './gate.ts'
import type { EdgeRequest } from './request.ts'

/** As `api/read-click.ts` takes them. */
const ID_MAX = 512
const TEXT_MAX = 2_048
/** A third of what the beacon's route and `sendBeacon` take in bytes. */
const BEACON_CHARS_MAX = 20_000
/** Platform ids that an ad puts into the address of the page. */
const LANDING_IDS = ['fbclid', 'gclid', 'gbraid', 'wbraid', 'ttclid']

/** `GET /pixel.js?key={click_key}`: sends the ids of the landing page as one click, and exports the event id formula. */
export function pixel(deps: EdgeDeps, request: EdgeRequest): Answer {
  const key = keyOf(request.pairs())
  const gate = openGate(deps, request, key, 'clk1')
  if (gate.kind === 'shut') return gate.answer
  const body = pixelScript({ beaconUrl: `${deps.publicUrl}/api/v1/clicks/pixel?key=${key}`, workspaceId: gate.ref.workspaceId })
  return { status: 200, type: 'text/javascript; charset=utf-8', body, headers: { 'access-control-allow-origin': '*' } }
}

/** The script. In the page it is `window.postback`: `{clickId, eventId(parts)}`; `parts` has the names of the formula in
 *  `events/event-id.ts`, what is absent counts as null, numbers count as their text, and `click_id` is the page's own unless it is
 *  given. `eventId` needs a page over https, as `crypto.subtle` does. What would cost the click is left out of it: no page is
 *  told that its beacon was refused. */
export function pixelScript({ beaconUrl, workspaceId }: { beaconUrl: string; workspaceId: string }): string {
  return `(function (url, workspace) {
  'use strict'
  var query = new URLSearchParams(location.search)
  var cookie = function (name) {
    var found = document.cookie.split('; ').find(function (one) { return one.indexOf(name + '=') === 0 })
    if (found === undefined) return undefined
    var text = found.slice(name.length + 1)
    try { return decodeURIComponent(text) } catch (error) { return text }
  }
  var keep = function (name, value) {
    document.cookie = name + '=' + encodeURIComponent(value) + '; path=/; max-age=7776000; samesite=lax' + (location.protocol === 'https:' ? '; secure' : '')
  }
  var newId = function () {
    if (crypto.randomUUID) return crypto.randomUUID()
    return '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, function (digit) {
      return (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16)
    })
  }
  var usable = function (id) {
    return id && id.trim() !== '' && id.length <= ${ID_MAX} && !/[{}<>[\\]]/.test(id) ? id : undefined
  }
  var click = { utm: {} }
  var ad = ''
  ;${JSON.stringify(LANDING_IDS)}.forEach(function (name) {
    var value = query.get(name)
    if (!value || value.length > ${TEXT_MAX}) return
    click[name] = value
    ad = ad || (name + '.' + value.slice(-40))
  })
  var given = usable(query.get('click_id'))
  var known = usable(cookie('_pb_cid'))
  // Another ad was clicked than the one that the visitor's id is of.
  var isOther = ad !== '' && ad !== cookie('_pb_ad')
  var clickId = given || (isOther ? undefined : known) || newId()
  var isNew = given !== undefined || isOther || known === undefined
  click.click_id = clickId
  click.landing_url = location.href.slice(0, ${TEXT_MAX})
  query.forEach(function (value, name) {
    if (name.indexOf('utm_') === 0 && name.length <= 64 && Object.keys(click.utm).length < 50) click.utm[name] = value.slice(0, 512)
  })
  ;[['fbc', '_fbc'], ['fbp', '_fbp'], ['ttp', '_ttp']].forEach(function (pair) {
    var value = cookie(pair[1])
    if (value && value.length <= ${TEXT_MAX}) click[pair[0]] = value
  })
  keep('_pb_cid', clickId)
  if (ad !== '') keep('_pb_ad', ad)
  var text = JSON.stringify(click)
  if (text.length > ${BEACON_CHARS_MAX}) text = JSON.stringify(Object.assign({}, click, { utm: {}, landing_url: location.origin + location.pathname.slice(0, 500) }))
  if (isNew && !(navigator.sendBeacon && navigator.sendBeacon(url, text)))
    fetch(url, { method: 'POST', body: text, keepalive: true, credentials: 'omit', headers: { 'content-type': 'text/plain' } }).catch(function () {})
  var orNull = function (value) { return value === undefined || value === null ? null : String(value) }
  var eventId = async function (parts) {
    var id = parts.click_id === undefined ? clickId : orNull(parts.click_id)
    var list = ['pb1', workspace, id, orNull(parts.event), orNull(parts.transaction_id), orNull(parts.conversion_status)]
    if (id === null && orNull(parts.transaction_id) === null) {
      list.push(orNull(parts.value), orNull(parts.currency), parts.event_time === undefined ? null : parts.event_time)
      var surest = ${JSON.stringify(Object.keys(PLATFORM_OF_ID))}.find(function (name) { return orNull(parts[name]) !== null })
      if (surest !== undefined) list.push(orNull(parts[surest]))
    }
    var digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(list))))
    digest[6] = (digest[6] & 0x0f) | 0x80
    digest[8] = (digest[8] & 0x3f) | 0x80
    var hex = Array.from(digest.subarray(0, 16), function (byte) { return byte.toString(16).padStart(2, '0') }).join('')
    return hex.slice(0, 8) + '-' + hex.slice(8, 12) + '-' + hex.slice(12, 16) + '-' + hex.slice(16, 20) + '-' + hex.slice(20)
  }
  window.postback = { clickId: clickId, eventId: eventId }
})(${scriptText(beaconUrl)}, ${scriptText(workspaceId)})
`
}

/** A string literal that cannot end its script. */
const scriptText = (text: string): string => JSON.stringify(text).replaceAll('<', '\\u003c')
