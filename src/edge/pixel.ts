import type { Answer } from '../api/answer.ts'
import { PLATFORM_OF_ID } from '../events/words.ts'
import type { EdgeDeps } from './deps.ts'
import { keyOf, openGate } from './gate.ts'
import type { EdgeRequest } from './request.ts'

/** `GET /pixel.js?key={click_key}`: sends the ids of the landing page as one click, and exports the event id formula. */
export function pixel(deps: EdgeDeps, request: EdgeRequest): Answer {
  const key = keyOf(request.query)
  const gate = openGate(deps, request, key, 'clk1')
  if (gate.kind === 'shut') return gate.answer
  const body = pixelScript({ beaconUrl: `${deps.publicUrl}/api/v1/clicks/pixel?key=${key}`, workspaceId: gate.ref.workspaceId })
  return { status: 200, type: 'text/javascript; charset=utf-8', body, headers: { 'access-control-allow-origin': '*' } }
}

/** The script. In the page it is `window.postback`: `{clickId, eventId(parts)}`; `parts` has the names of the formula in
 *  `events/event-id.ts`, what is absent counts as null, and `click_id` is the page's own unless it is given. */
export function pixelScript({ beaconUrl, workspaceId }: { beaconUrl: string; workspaceId: string }): string {
  return `(function (url, workspace) {
  'use strict'
  var query = new URLSearchParams(location.search)
  var cookie = function (name) {
    var found = document.cookie.split('; ').find(function (one) { return one.indexOf(name + '=') === 0 })
    return found === undefined ? undefined : decodeURIComponent(found.slice(name.length + 1))
  }
  var kept = query.get('click_id') || cookie('_pb_cid')
  var clickId = kept || crypto.randomUUID()
  var click = { click_id: clickId, landing_url: location.href.slice(0, 2048), utm: {} }
  var isNew = query.get('click_id') !== null || kept === undefined
  ;['fbclid', 'gclid', 'gbraid', 'wbraid', 'ttclid'].forEach(function (name) {
    if (query.get(name)) { click[name] = query.get(name); isNew = true }
  })
  query.forEach(function (value, name) { if (name.indexOf('utm_') === 0) click.utm[name] = value.slice(0, 512) })
  ;[['fbc', '_fbc'], ['fbp', '_fbp'], ['ttp', '_ttp']].forEach(function (pair) {
    if (cookie(pair[1])) click[pair[0]] = cookie(pair[1])
  })
  document.cookie = '_pb_cid=' + encodeURIComponent(clickId) + '; path=/; max-age=7776000; samesite=lax' + (location.protocol === 'https:' ? '; secure' : '')
  var text = JSON.stringify(click)
  if (isNew && !(navigator.sendBeacon && navigator.sendBeacon(url, text)))
    fetch(url, { method: 'POST', body: text, keepalive: true, credentials: 'omit', headers: { 'content-type': 'text/plain' } }).catch(function () {})
  var orNull = function (value) { return value === undefined ? null : value }
  var eventId = async function (parts) {
    var id = parts.click_id === undefined ? clickId : parts.click_id
    var list = ['pb1', workspace, id, orNull(parts.event), orNull(parts.transaction_id), orNull(parts.conversion_status)]
    if (id === null && orNull(parts.transaction_id) === null) {
      list.push(orNull(parts.value), orNull(parts.currency), orNull(parts.event_time))
      var surest = ${JSON.stringify(Object.keys(PLATFORM_OF_ID))}.find(function (name) { return orNull(parts[name]) !== null })
      if (surest !== undefined) list.push(parts[surest])
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
