import { h } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { postbackConfig } from '../../../api/config.ts'
import { TRACKERS } from '../../../events/words.ts'
import { get, post } from './api.ts'
import { nameOf } from './format.ts'
import { KeyUse } from './key-use.ts'
import { UnknownWords } from './unknown-words.ts'

export type Config = ReturnType<typeof postbackConfig>
type Named = { readonly id: string; readonly name: string }
type ConfigSource = Config['sources'][number]

/** The URLs to paste, per source and tracker. `isFirst`: nothing has come in yet, so the way to a first test stands open. */
export function Connect({ mayChange, isFirst = false }: { mayChange: boolean; isFirst?: boolean }) {
  const [config, setConfig] = useState<Config>()
  const [problem, setProblem] = useState('')
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map())
  const load = useCallback(() => {
    get<Config>('/postback/config').then(setConfig, (error: Error) => setProblem(error.message))
    get<{ items: Named[] }>('/sources').then(
      ({ items }) => setNames(new Map(items.map(({ id, name }) => [id, name]))),
      (error: Error) => setProblem(error.message),
    )
  }, [])
  useEffect(() => {
    if (mayChange) load()
  }, [mayChange, load])
  if (!mayChange) return h('p', { class: 'notice' }, 'The URLs hold secret keys. Ask an editor or an admin of the workspace for them.')
  return h('div', { class: 'connect' }, [
    problem === '' ? null : h('p', { class: 'notice', role: 'alert' }, problem),
    config?.sources.map((source) =>
      h(Source, { key: source.source_id, source, isFirst, name: names.get(source.source_id) ?? nameOf(source.tracker) }),
    ),
    config === undefined ? null : h(NewSource, { created: load, isFirst: config.sources.length === 0 }),
    config === undefined || isFirst ? null : h(Macros, { macros: config.macros }),
  ])
}

function Source({ source, name, isFirst }: { source: ConfigSource; name: string; isFirst: boolean }) {
  const [tracker, setTracker] = useState(source.tracker as string)
  const template = source.templates.find((one) => one.tracker === tracker) ?? source.templates[0]
  return h('section', { class: 'card source' }, [
    h('div', { class: 'source-head' }, [
      h('h2', null, name),
      h('span', { class: 'muted' }, source.kind === 'backend' ? 'Your own backend' : nameOf(source.tracker)),
      h('span', { class: 'mono muted' }, source.source_id),
      h('label', { class: 'inline' }, [
        'URL for ',
        h(
          'select',
          { value: tracker, onChange: (change: Event) => setTracker((change.target as HTMLSelectElement).value) },
          source.templates.map((one) => h('option', { value: one.tracker }, nameOf(one.tracker))),
        ),
      ]),
    ]),
    template === undefined
      ? null
      : h(Url, { label: 'Postback URL', hint: 'Paste it into the tracker. It holds a secret key.', url: template.url }),
    h(Url, { label: 'Key in the path', hint: 'For senders that mangle queries.', url: source.path_url }),
    h(Url, { label: 'Click URL', hint: 'Put it before your landing page: add ?to=<landing page> to it.', url: source.click_url }),
    h(KeyUse, { sourceId: source.source_id }),
    source.kind === 'tracker' ? h(UnknownWords, { sourceId: source.source_id }) : null,
    h(FirstTest, { source, isOpen: isFirst }),
  ])
}

function Url({ label, hint, url }: { label: string; hint: string; url: string }) {
  const [isCopied, setCopied] = useState(false)
  const copy = () =>
    navigator.clipboard.writeText(url).then(() => {
      setCopied(true)
      setTimeout(() => setCopied(false), 2_000)
    })
  return h('div', { class: 'url' }, [
    h('p', { class: 'url-label' }, [h('strong', null, label), h('span', { class: 'muted' }, hint)]),
    h('div', { class: 'url-line' }, [
      h('code', { tabIndex: 0 }, url),
      h('button', { class: 'button', type: 'button', onClick: copy, 'aria-label': `Copy ${label}` }, isCopied ? 'Copied' : 'Copy'),
    ]),
  ])
}

function FirstTest({ source, isOpen }: { source: Pick<ConfigSource, 'url' | 'click_url'>; isOpen: boolean }) {
  const commands = [
    '# 1. an ad click; the id is yours to choose',
    `curl -sI "${source.click_url}?to=https://example.com/&click_id=first-1&fbclid=test"`,
    '# 2. the conversion of that click',
    `curl -s "${source.url}&event=Purchase&status=approved&click_id=first-1&value=12.34&currency=USD"`,
  ].join('\n')
  return h('details', { class: 'first-test', open: isOpen }, [
    h('summary', null, 'Send a first test from a shell'),
    h('pre', { tabIndex: 0 }, commands),
    h('p', { class: 'muted' }, 'The host of the landing page has to be among the redirect hosts of the settings.'),
  ])
}

function NewSource({ created, isFirst }: { created: () => void; isFirst: boolean }) {
  const [problem, setProblem] = useState('')
  const create = (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const fields = new FormData(form)
    post('/sources', { kind: 'tracker', tracker: fields.get('tracker'), name: fields.get('name') }).then(
      () => {
        setProblem('')
        form.reset()
        created()
      },
      (error: Error) => setProblem(error.message),
    )
  }
  return h('section', { class: 'card' }, [
    h('h2', null, isFirst ? 'Connect your first tracker' : 'Connect another tracker'),
    h('form', { class: 'new-source', onSubmit: create }, [
      h('label', null, [
        'Tracker',
        h(
          'select',
          { name: 'tracker' },
          TRACKERS.map((id) => h('option', { value: id }, nameOf(id))),
        ),
      ]),
      h('label', { class: 'grow' }, [
        'Name',
        h('input', { name: 'name', required: true, maxLength: 120, placeholder: 'Main tracker', autocomplete: 'off' }),
      ]),
      h('button', { class: 'button primary', type: 'submit' }, 'Create its URL'),
    ]),
    problem === '' ? null : h('p', { class: 'notice', role: 'alert' }, problem),
  ])
}

const Macros = ({ macros }: { macros: Config['macros'] }) =>
  h('section', { class: 'card' }, [
    h('h2', null, 'Parameters'),
    h(
      'div',
      { class: 'scroll' },
      h('table', { class: 'macros' }, [
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            ['Parameter', 'Macro', 'What it is', 'Required'].map((name) => h('th', { scope: 'col' }, name)),
          ),
        ),
        h(
          'tbody',
          null,
          macros.map(({ param, macro, description, required }) =>
            h('tr', { key: param }, [
              h('th', { scope: 'row' }, h('code', null, param)),
              h('td', null, h('code', null, macro)),
              h('td', null, description),
              h('td', null, required ? 'yes' : ''),
            ]),
          ),
        ),
      ]),
    ),
  ])
