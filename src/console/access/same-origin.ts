/** Whether a request that changes something may come from where a browser says it comes from. Browsers name the site on every
 *  such request; what names none is no browser, and no cookie was sent along against its will. */
export function isSameOrigin(headers: {
  readonly origin?: string | undefined
  readonly host?: string | undefined
  readonly fetchSite?: string | undefined
}): boolean {
  const { origin, host, fetchSite } = headers
  if (fetchSite !== undefined && fetchSite !== 'same-origin') return false
  return origin === undefined || (host !== undefined && URL.parse(origin)?.host === host)
}
