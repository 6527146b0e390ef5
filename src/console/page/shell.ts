import type { Assets } from './assets.ts'

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
/** Text as it stands in HTML. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign)

/** A page around one element that the client fills; `data` reaches it as data attributes. */
export function shell(
  assets: Assets,
  page: { readonly title: string; readonly entry: string; readonly data: Readonly<Record<string, string>>; readonly body: string },
): string {
  const base = `/assets/${assets.version}`
  const preloads = [...assets.files.keys()]
    .filter((path) => path !== 'style.css')
    .map((path) => `<link rel="modulepreload" href="${base}/${path}">`)
  const data = Object.entries(page.data).map(([name, value]) => ` data-${name}="${escaped(value)}"`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(page.title)}</title>
<link rel="icon" href="${base}/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${base}/style.css">
${preloads.join('\n')}
<script type="module" src="${base}/console/page/client/${page.entry}"></script>
</head>
<body>
<div id="page"${data.join('')}>${page.body}</div>
<noscript><p class="noscript">This page needs JavaScript. The same data is at <code>/api/v1</code> with an API key.</p></noscript>
</body>
</html>
`
}

export const signInForm = `
<main class="gate">
<form class="gate-card" id="sign-in" novalidate>
<p class="wordmark"><span class="mark" aria-hidden="true"></span>Postback</p>
<h1>Sign in</h1>
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<p class="gate-error" id="sign-in-error" role="alert"></p>
<button class="button primary" type="submit">Sign in</button>
</form>
</main>`
