/** What goes to one member as a whole: one partition of one topic, or of all joined topics together. */
export type Unit = { readonly key: string; readonly topic: string }

/** What a member says of itself when it joins. */
export type Candidate = {
  /** The static member id: the order of ids breaks ties. */
  readonly id: string
  /** In which `owned` was assigned; of several that claim one unit the latest is right. */
  readonly generation: number
  readonly owned: ReadonlySet<string>
  /** How far its local state of a unit reaches, as an offset; absent where it has none. */
  readonly checkpoints: ReadonlyMap<string, number>
}

/** Units by member id, in the order of `units`; every member has an entry. A function of its arguments alone, whatever the
 *  order of `members`. Rules, the first that decides:
 *  1. loads differ by one at most;
 *  2. a unit stays with its owner, so that as few move as rule 1 allows; where some must go, those that the state of a
 *     member with room is nearest to;
 *  3. else it goes to the member whose state reaches furthest;
 *  4. else to who has fewest of its topic, and among equals to the smallest load. */
export function place(units: readonly Unit[], members: readonly Candidate[]): Map<string, string[]> {
  const sorted = members.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const lag = lagOf(units, sorted)
  const owned = ownedNow(units, sorted)
  const sizes = sizesOf(units, sorted, owned, lag)
  const shares = new Map<Candidate, Unit[]>(sorted.map((member) => [member, []]))
  const share = (member: Candidate): Unit[] => shares.get(member) ?? []
  const hasRoom = (member: Candidate): boolean => share(member).length < (sizes.get(member) ?? 0)
  const free = new Set(units)
  const give = (unit: Unit, member: Candidate): void => {
    if (!free.has(unit) || !hasRoom(member)) return
    free.delete(unit)
    share(member).push(unit)
  }

  const takers = sorted.filter((member) => owned(member).length < (sizes.get(member) ?? 0))
  const lagOfTakers = (unit: Unit): number => Math.min(...takers.map((member) => lag(member, unit)))
  for (const member of sorted) {
    const mine = owned(member).map((unit) => ({ unit, lag: lagOfTakers(unit) }))
    for (const { unit } of mine.toSorted((a, b) => (a.lag === b.lag ? 0 : b.lag - a.lag))) give(unit, member)
  }
  const heirs = [...free].flatMap((unit) => sorted.map((member) => ({ unit, member, lag: lag(member, unit) })))
  for (const { unit, member } of heirs.filter((one) => one.lag < Infinity).toSorted((a, b) => a.lag - b.lag)) give(unit, member)
  for (const unit of units) {
    const ofTopic = (member: Candidate): number => share(member).filter(({ topic }) => topic === unit.topic).length
    const [least] = sorted.filter(hasRoom).toSorted((a, b) => ofTopic(a) - ofTopic(b) || share(a).length - share(b).length)
    if (least !== undefined) give(unit, least)
  }
  return new Map(sorted.map((member) => [member.id, units.filter((unit) => share(member).includes(unit)).map(({ key }) => key)]))
}

type Lag = (member: Candidate, unit: Unit) => number
type Owned = (member: Candidate) => readonly Unit[]

/** How far a member's state of a unit is behind the furthest; Infinity where it has none. */
function lagOf(units: readonly Unit[], members: readonly Candidate[]): Lag {
  const reach = (member: Candidate, { key }: Unit): number => member.checkpoints.get(key) ?? -Infinity
  const furthest = new Map(units.map((unit) => [unit, Math.max(...members.map((member) => reach(member, unit)))]))
  return (member, unit) => (member.checkpoints.has(unit.key) ? (furthest.get(unit) ?? 0) - reach(member, unit) : Infinity)
}

function ownedNow(units: readonly Unit[], sorted: readonly Candidate[]): Owned {
  const owned = new Map<Candidate, Unit[]>(sorted.map((member) => [member, []]))
  for (const unit of units) {
    const [owner] = sorted.filter((member) => member.owned.has(unit.key)).toSorted((a, b) => b.generation - a.generation)
    if (owner !== undefined) owned.get(owner)?.push(unit)
  }
  return (member) => owned.get(member) ?? []
}

/** How many each gets. What does not divide goes to those who own more than the rest already, then to those whose state
 *  reaches furthest for most of what nobody owns. */
function sizesOf(units: readonly Unit[], sorted: readonly Candidate[], owned: Owned, lag: Lag): Map<Candidate, number> {
  const least = Math.floor(units.length / sorted.length)
  const taken = new Set(sorted.flatMap(owned))
  const heirs = units.filter((unit) => !taken.has(unit)).map((unit) => sorted.find((member) => lag(member, unit) === 0))
  const ranks = sorted.map((member) => ({
    member,
    keepsMore: owned(member).length > least ? 1 : 0,
    claims: owned(member).length + heirs.filter((heir) => heir === member).length,
  }))
  const more = ranks.toSorted((a, b) => b.keepsMore - a.keepsMore || b.claims - a.claims).slice(0, units.length % sorted.length)
  return new Map(sorted.map((member) => [member, more.some((one) => one.member === member) ? least + 1 : least]))
}
