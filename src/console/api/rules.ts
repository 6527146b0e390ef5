import { z } from 'zod'
import { newId } from '../../workspaces/ids.ts'
import { Rule } from '../../workspaces/schema.ts'
import type { Access, ApiRouter } from '../context.ts'
import type { ConsoleDeps } from '../deps.ts'
import { parse } from '../fields.ts'
import { invalid } from '../problem.ts'
import { type Collection, serveCollection } from './collection.ts'
import { defined } from './values.ts'

const Values = z.array(z.string().min(1).max(512)).min(1).max(500)
const When = Rule.shape.when.safeExtend(Object.fromEntries(Object.keys(Rule.shape.when.shape).map((name) => [name, Values.optional()])))
const Fields = z.strictObject({
  name: Rule.shape.name,
  when: When,
  destination_ids: z.array(z.string()).max(50),
  /** Place in the order of trial, 0 the first. Absent: the end for a new rule, unchanged for an old one. */
  position: z.int().min(0).max(1_000),
})
const Patch = Fields.partial()
const New = Fields.partial({ position: true })

export function serveRules(router: ApiRouter, access: Access, deps: ConsoleDeps): void {
  const rules: Collection<Rule> = {
    path: 'rules',
    read: 'rules.read',
    write: 'rules.write',
    max: 200,
    items: (workspace) => workspace.rules,
    put: (workspace, items) => ({ ...workspace, rules: items }),
    show: (rule) => rule,
    create: (body) => ({ id: newId('r'), ...ruleFields(parse(New, body)) }) as Rule,
    patch: (rule, body) => ({ ...rule, ...ruleFields(parse(Patch, body)) }),
    position: (body) => parse(z.looseObject({ position: Fields.shape.position.optional() }), body).position,
    remove: () => undefined,
    check(rule, { destinations }) {
      const known = new Set(destinations.map(({ id }) => id))
      const unknown = rule.destination_ids.filter((id) => !known.has(id))
      if (unknown.length > 0)
        throw invalid(unknown.map((id) => ({ param: 'destination_ids', sent: id, expected: 'ids of destinations of this workspace' })))
    },
  }
  serveCollection(router, access, deps, rules)
}

const ruleFields = ({ position: _, ...fields }: z.infer<typeof Patch>) => defined(fields) as Partial<Rule>
