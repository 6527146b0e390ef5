/** ISO 4217 as the runtime's ICU knows it: code, English name, decimals of the minor unit. */
export type Currency = { readonly code: string; readonly name: string; readonly minor_units: number }

const names = new Intl.DisplayNames('en', { type: 'currency' })

export const CURRENCIES: readonly Currency[] = Intl.supportedValuesOf('currency').map((code) => ({
  code,
  name: names.of(code) ?? code,
  minor_units: new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions().maximumFractionDigits ?? 2,
}))

const KNOWN = new Set(CURRENCIES.map((currency) => currency.code))

/** The ISO code for what was sent, case-blind and trimmed; undefined when there is none. */
export function currencyCode(sent: string): string | undefined {
  const code = sent.trim().toUpperCase()
  return KNOWN.has(code) ? code : undefined
}
