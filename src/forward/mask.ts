const KEPT_BYTES = 8_000

/** Text fit to be kept: without the secrets, at most 8 kB. */
export function kept(text: string, secrets: readonly string[]): string {
  let masked = text
  for (const secret of secrets) if (secret !== '') masked = masked.replaceAll(secret, '[secret]')
  return masked.length <= KEPT_BYTES ? masked : `${masked.slice(0, KEPT_BYTES - 3)}...`
}
