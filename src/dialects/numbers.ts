const GROUPS = /^\d{1,3}(?:[.,]\d{3})+$/
const DECIMALS_MAX = 6
/** As we write it already. */
const PLAIN = /^(?:0|[1-9]\d{0,11})(?:\.\d{1,6})?$/
/** Whether `readDecimal` of a text with a decimal point is that text. */
export const isPlainDecimal = (text: string): boolean => PLAIN.test(text)
/** Longer than any number with its separators. */
const TEXT_MAX = 100

/** A number as a decimal text of at most 6 decimals, rounded half away from zero; undefined when it is none.
 *  White space and apostrophes group. Of two kinds of separator the last is the decimal one. One that is repeated groups.
 *  One that occurs once is decimal when it is the dialect's `decimal`; the other one groups when exactly three digits
 *  follow up to three (`1,234`), and is decimal otherwise, since it can be nothing else (`12,34`). No exponents. */
export function readDecimal(text: string, decimal: '.' | ','): string | undefined {
  if (decimal === '.' && PLAIN.test(text)) return text
  if (text.length > TEXT_MAX) return undefined
  const compact = text.trim().replace(/(?<=\d)[\s'\u00a0\u202f\u2019](?=\d{3}(?!\d))/g, '')
  const sign = compact.startsWith('-') ? '-' : ''
  const digits = compact.replace(/^[+-]/, '')
  if (!/^[\d.,]*\d[\d.,]*$/.test(digits)) return undefined
  const plain = withPoint(digits, decimal)
  return plain === undefined ? undefined : rounded(sign, plain)
}

/** A hundredth of a whole decimal text: 345 -> 3.45. */
export function hundredthOf(whole: string): string {
  const digits = whole.replace('-', '').padStart(3, '0')
  return withSign(whole.startsWith('-') ? '-' : '', `${digits.slice(0, -2)}.${digits.slice(-2)}`)
}

function withPoint(digits: string, decimal: '.' | ','): string | undefined {
  const points = digits.split('.').length - 1
  const commas = digits.split(',').length - 1
  if (points === 0 && commas === 0) return digits
  if (points > 0 && commas > 0) {
    const last = digits.lastIndexOf('.') > digits.lastIndexOf(',') ? '.' : ','
    const [whole = '', fraction = '', ...more] = digits.split(last)
    const groups = whole.replaceAll(last === '.' ? ',' : '.', '')
    return more.length === 0 && GROUPS.test(whole) ? `${groups}.${fraction}` : undefined
  }
  const mark = points > 0 ? '.' : ','
  const [whole = '', fraction = ''] = digits.split(mark)
  if (points + commas > 1) return GROUPS.test(digits) ? digits.replaceAll(mark, '') : undefined
  if (mark !== decimal && GROUPS.test(digits)) return whole + fraction
  return `${whole}.${fraction}`
}

function rounded(sign: string, plain: string): string | undefined {
  const [whole = '', fraction = ''] = plain.split('.')
  const units = whole.replace(/^0+(?=\d)/, '') || '0'
  if (units.length > 12) return undefined
  if (fraction.length <= DECIMALS_MAX) return withSign(sign, fraction === '' ? units : `${units}.${fraction}`)
  const scaled = BigInt(units + fraction.slice(0, DECIMALS_MAX)) + (Number(fraction[DECIMALS_MAX]) >= 5 ? 1n : 0n)
  const text = scaled.toString().padStart(DECIMALS_MAX + 1, '0')
  return withSign(sign, `${text.slice(0, -DECIMALS_MAX)}.${text.slice(-DECIMALS_MAX)}`)
}

const withSign = (sign: string, text: string): string => (sign === '-' && /[1-9]/.test(text) ? `-${text}` : text)
