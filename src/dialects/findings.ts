import type { Problem } from '../events/shapes.ts'
import type { Dialect, Field } from './definition.ts'
import type { Macro } from './macros.ts'

/** A problem with what was sent. `isError`: a strict source refuses the request for it; a lenient one is warned. */
export type Finding = Problem & { readonly sent: string; readonly isError: boolean }

const SENT_MAX = 100
const SHAPES: Partial<Record<Field, string>> = {
  items: 'Send a JSON list of objects.',
  app: 'Send a JSON object.',
  limited_data_use: 'Send true or false.',
  test: 'Send true or false.',
}

/** Collects what is wrong in the words a sender can act on. */
export class Findings {
  readonly list: Finding[] = []
  readonly #dialect: Dialect

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  #add(code: string, param: string, message: string, fix: string, sent: string, isError: boolean): void {
    this.list.push({ code, param, message, fix, sent: sent.slice(0, SENT_MAX), isError })
  }

  #rightMacro(field: Field): string {
    const { id, name, macros } = this.#dialect
    const macro = macros[field]
    if (macro === undefined) return `Use the macro that your sender has for ${field}, or leave the parameter out.`
    return id === 'generic' ? `Put your sender's own macro for ${field} in its place.` : `${name} fills ${macro} for ${field}.`
  }

  /** A name goes in by a function: as a text, `$&` in it would mean something. */
  macro(field: Field, param: string, { style, name }: Macro, sent: string) {
    const what = style === 'placeholder' ? `the placeholder ${name}` : `the macro ${style.replace('x', () => name)} (style ${style})`
    const fix =
      this.#dialect.id !== 'generic' && sent.trim() === this.#dialect.macros[field]
        ? `${sent.trim()} is the right macro: ${this.#dialect.name} fills it when it fires the URL itself; opened by hand it stays as it is.`
        : this.#rightMacro(field)
    this.#add('macro_unreplaced', param, `${param} came as ${what}, which the sender did not replace.`, fix, sent, true)
  }

  halfReplaced(field: Field, param: string) {
    this.#add(
      'half_replaced_macro',
      param,
      `${param} begins with the $ of a macro that was replaced without it; it was read without.`,
      this.#rightMacro(field),
      '$',
      false,
    )
  }

  blankClickId(param: string) {
    this.#add('no_click_id', param, `${param} is there and holds no id.`, this.#rightMacro('click_id'), '', false)
  }

  noClickId() {
    const macro = this.#dialect.macros.click_id
    this.#add(
      'no_click_id',
      'click_id',
      'There is no click id and no id of a platform, so no click can be found for it.',
      macro === undefined || this.#dialect.id === 'generic'
        ? "Add click_id to the URL, with your sender's own macro for it."
        : `Add click_id=${macro} to the URL; ${this.#dialect.name} fills it.`,
      '',
      false,
    )
  }

  rival(field: Field, param: string, lost: string) {
    this.#add(
      'parameter_ambiguous',
      lost,
      `${param} and ${lost} both name ${field}; ${param} was read.`,
      `Send ${field} once.`,
      lost,
      false,
    )
  }

  noEvent(param: string) {
    this.#add('no_event', param, 'No event was named.', 'Send event, such as Purchase, or the status of your tracker.', '', true)
  }

  wordUnknown(side: 'event' | 'status', param: string, sent: string | null, isQuarantined: boolean) {
    const fix = 'Send a word of the vocabulary, or map yours in the status map of the source.'
    this.#add(
      side === 'event' ? 'event_unknown' : 'status_unmapped',
      param,
      `The word under ${param} has no meaning here yet.`,
      fix,
      sent ?? '',
      isQuarantined || side === 'status',
    )
  }

  valueInvalid(param: string, sent: string) {
    this.#add('value_invalid', param, `${param} is not a number.`, 'Send digits with one decimal point, such as 12.34.', sent, true)
  }

  valueUnit(param: string, sent: string) {
    this.#add(
      'value_unit',
      param,
      `${param} of ${this.#dialect.name} counts hundredths, and a fraction came; it was read as it stands.`,
      this.#rightMacro('value'),
      sent,
      false,
    )
  }

  currencyUnknown(param: string, sent: string) {
    this.#add(
      'currency_unknown',
      param,
      `${param} is not an ISO 4217 code.`,
      'Send one of the codes of /api/v1/postback/conversions/currencies, such as USD.',
      sent,
      true,
    )
  }

  currencyMissing(param: string) {
    this.#add(
      'currency_missing',
      param,
      'A value came without a currency, and the source has no default.',
      'Send currency, or set the default currency of the source.',
      '',
      false,
    )
  }

  timeUnreadable(param: string, sent: string) {
    this.#add(
      'event_time_invalid',
      param,
      `${param} is no time; the time of receipt stands in.`,
      'Send ISO 8601, or seconds or milliseconds since 1970.',
      sent,
      true,
    )
  }

  timeAhead(param: string, sent: string) {
    this.#add(
      'event_time_future',
      param,
      `${param} lies in the future; the time of receipt stands in.`,
      'Send the offset, or set the time zone of the source.',
      sent,
      false,
    )
  }

  ipInvalid(param: string, sent: string) {
    this.#add('client_ip_invalid', param, `${param} is no IP address and was left out.`, 'Send one IPv4 or IPv6 address.', sent, true)
  }

  tooLong(param: string, max: number) {
    this.#add(
      'value_too_long',
      param,
      `${param} is longer than ${max} characters and was cut.`,
      `Send at most ${max} characters.`,
      '',
      true,
    )
  }

  shapeWrong(field: Field, param: string) {
    const fix = SHAPES[field] ?? 'Send a text.'
    this.#add(`${field}_invalid`, param, `${param} could not be read and was left out.`, fix, '', true)
  }
}
