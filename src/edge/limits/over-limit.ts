import { type Answer, problem, problemBody } from '../../api/answer.ts'
import type { Rate, Taken } from './limiter.ts'

const WHY = {
  limit: 'The workspace sends more than its limit, and this source is refused what is over it. Nothing of this request was kept.',
  ceiling: 'The workspace sends more than twenty times its limit. Nothing of this request was kept.',
  backlog: 'More than a day of events waits for its turn at the permitted rate. Nothing of this request was kept.',
} as const

/** https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ */
export function rateHeaders({ rate_limit_per_min }: Rate, { left, resetS }: Taken): Record<string, string> {
  return { 'ratelimit-policy': `"workspace";q=${rate_limit_per_min};w=60`, ratelimit: `"workspace";r=${left};t=${resetS}` }
}

const members = (why: NonNullable<Taken['why']>) => ({
  type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  detail: WHY[why],
  'violated-policies': ['workspace'],
})

export function overLimit(rate: Rate, taken: Taken): Answer {
  const headers = { ...rateHeaders(rate, taken), 'retry-after': String(taken.resetS) }
  return problem('rate_limited', members(taken.why ?? 'limit'), headers)
}

/** One item of a batch that is refused. */
export const overLimitItem = ({ why, resetS }: Taken): Record<string, unknown> => ({
  ...problemBody('rate_limited', members(why ?? 'limit')),
  retry_after_s: resetS,
})
