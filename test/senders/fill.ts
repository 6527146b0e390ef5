import type { Dialect } from '../../src/dialects/definition.ts'

/** The parameters of the address that we tell users to paste, with its macros filled as the tracker fills them. Throws for a macro
 *  that it is given no value for: then the template has changed, and the sender has to be told. */
export function fill({ id, template }: Dialect, macros: Readonly<Record<string, string>>): [string, string][] {
  return template.params.map(([param, macro]) => {
    const value = macros[macro]
    if (value === undefined) throw new Error(`the template of ${id} has a macro this sender does not fill: ${macro}`)
    return [param, value]
  })
}
