const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f64: Float64Array } as const
export type ColumnType = keyof typeof ARRAYS

const FIRST_ROWS = 1_024
const MOST = { u8: 255, u16: 65_535, u32: 4_294_967_295, f64: Number.MAX_SAFE_INTEGER } as const

/** Numbers by row, 0 where nothing was set. A million rows of bytes are a megabyte, where a million objects are a hundred. */
export class Column {
  readonly #type: ColumnType
  #values: Uint8Array | Uint16Array | Uint32Array | Float64Array

  constructor(type: ColumnType) {
    this.#type = type
    this.#values = new ARRAYS[type](FIRST_ROWS)
  }

  get(row: number): number {
    return this.#values[row] ?? 0
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) this.#grow(row)
    this.#values[row] = value
  }

  /** Counts up; a full counter stays full. */
  add(row: number, by = 1): void {
    this.set(row, Math.min(this.get(row) + by, MOST[this.#type]))
  }

  /** Sets bits. */
  mark(row: number, bits: number): void {
    this.set(row, this.get(row) | bits)
  }

  #grow(row: number): void {
    const values = new ARRAYS[this.#type](Math.max(row + 1, this.#values.length * 2))
    values.set(this.#values)
    this.#values = values
  }
}
