/** Where progress is told: a terminal gets one line that is drawn anew, anything else plain lines now and then. */
export type Terminal = { readonly isTTY: boolean; readonly columns: number; write(text: string): void }

export type At = { readonly rows: number; readonly bytes: number; readonly wrong: number }
export type Progress = {
  at(at: At): void
  /** A sentence of its own, above the bar. */
  note(text: string): void
  /** Leaves the last state standing. */
  end(): void
}

const DRAW_EVERY_MS = 100
const LINE_EVERY_MS = 5_000
const BAR_CELLS = 24
const CLEAR = '\r\u001b[K'

/** `totalBytes`: length of the file. The rate counts from `rowsBefore`, which an earlier run had done. */
export function createProgress(to: Terminal, totalBytes: number, rowsBefore: number, nowMs: () => number): Progress {
  const startedMs = nowMs()
  let toldMs = to.isTTY ? 0 : startedMs
  let last: At | undefined

  const told = ({ rows, bytes, wrong }: At): string => {
    const part = totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes)
    const seconds = Math.max(0.001, (nowMs() - startedMs) / 1_000)
    const words = [
      `${Math.floor(part * 100)} %`,
      `${rows.toLocaleString('en')} rows`,
      `${Math.round((rows - rowsBefore) / seconds).toLocaleString('en')}/s`,
      ...(wrong > 0 ? [`${wrong.toLocaleString('en')} not right`] : []),
    ].join('  ')
    if (!to.isTTY) return words
    const filled = Math.round(part * BAR_CELLS)
    return `[${'#'.repeat(filled)}${'.'.repeat(BAR_CELLS - filled)}] ${words}`.slice(0, Math.max(20, to.columns - 1))
  }
  const draw = (at: At): void => to.write(to.isTTY ? `${CLEAR}${told(at)}` : `${told(at)}\n`)

  return {
    at(at) {
      last = at
      if (nowMs() - toldMs < (to.isTTY ? DRAW_EVERY_MS : LINE_EVERY_MS)) return
      toldMs = nowMs()
      draw(at)
    },
    note(text) {
      to.write(to.isTTY ? `${CLEAR}${text}\n` : `${text}\n`)
      if (to.isTTY && last !== undefined) draw(last)
    },
    end() {
      if (last === undefined) return
      draw(last)
      if (to.isTTY) to.write('\n')
    },
  }
}
