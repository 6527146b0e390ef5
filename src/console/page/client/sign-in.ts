const form = document.querySelector<HTMLFormElement>('#sign-in')
const error = document.querySelector<HTMLElement>('#sign-in-error')
const button = form?.querySelector('button')

form?.addEventListener('submit', (event) => {
  event.preventDefault()
  signIn(new FormData(form)).catch(() => say('The console cannot be reached. Try again.'))
})

async function signIn(fields: FormData): Promise<void> {
  say('')
  if (button) button.disabled = true
  try {
    const response = await fetch('/api/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: fields.get('email'), password: fields.get('password') }),
    })
    if (response.ok) return location.assign('/connect/postback')
    const problem = (await response.json()) as { code: string; detail?: string }
    say(
      problem.code === 'validation_failed'
        ? 'Enter your e-mail address and your password.'
        : (problem.detail ?? 'Signing in did not work.'),
    )
  } finally {
    if (button) button.disabled = false
  }
}

function say(text: string): void {
  if (error) error.textContent = text
}
