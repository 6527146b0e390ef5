/** A currency that amounts are paid in: ISO code, English name, decimals of the minor unit. */
export type Currency = { readonly code: string; readonly name: string; readonly minor_units: number }

/** ISO 4217, list one (https://www.six-group.com/en/products-services/financial-information/data-standards.html), by decimals of
 *  the minor unit. The runtime's own figures are those of cash (HUF 0, IQD 0), and it knows withdrawn codes, so neither is asked.
 *  Withdrawn codes are left out, and so are metals and units of account that have no minor unit. */
const BY_MINOR_UNITS = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP ' +
    'CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD ' +
    'KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR ' +
    'PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU ' +
    'UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
} as const

/** Names that a runtime may be too old to know. */
const NEW_NAMES: Readonly<Record<string, string>> = {
  UYW: 'Uruguayan Nominal Wage Index Unit',
  VED: 'Bolívar Digital',
  XCG: 'Caribbean Guilder',
  ZWG: 'Zimbabwe Gold',
}
const names = new Intl.DisplayNames('en', { type: 'currency', fallback: 'none' })

export const CURRENCIES: readonly Currency[] = Object.entries(BY_MINOR_UNITS)
  .flatMap(([units, codes]) =>
    codes.split(' ').map((code) => ({ code, name: NEW_NAMES[code] ?? names.of(code) ?? code, minor_units: Number(units) })),
  )
  .sort((one, other) => (one.code < other.code ? -1 : 1))

const KNOWN = new Set(CURRENCIES.map((currency) => currency.code))

/** The ISO code for what was sent, case-blind and trimmed; undefined when there is none. */
export function currencyCode(sent: string): string | undefined {
  const code = sent.trim().toUpperCase()
  return KNOWN.has(code) ? code : undefined
}
