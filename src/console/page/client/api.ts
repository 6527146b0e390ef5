/** A GET of the API. A session that has ended leads back to the sign-in. Throws the problem's sentence. */
export async function get<T>(path: string, params: Readonly<Record<string, string | undefined>> = {}): Promise<T> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== '') query.set(name, value)
  return call<T>('GET', query.size === 0 ? path : `${path}?${query}`)
}

export const post = <T>(path: string, body: unknown): Promise<T> => call<T>('POST', path, body)
export const patch = <T>(path: string, body: unknown): Promise<T> => call<T>('PATCH', path, body)

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`/api/v1${path}`, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (response.status === 401) {
    location.assign('/sign-in')
    throw new Error('The session has ended.')
  }
  if (!response.ok) throw new Error(await sentenceOf(response))
  return (await response.json()) as T
}

async function sentenceOf(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as { detail?: string; errors?: { param: string; expected: string }[] }
    const fields = problem.errors?.map(({ param, expected }) => `${param}: ${expected}`).join('; ')
    return fields || problem.detail || `The console answered ${response.status}.`
  } catch {
    return `The console answered ${response.status}.`
  }
}

export async function signOut(): Promise<void> {
  await fetch('/api/v1/session', { method: 'DELETE' })
  location.assign('/sign-in')
}
