/** Says of a hash that it is not among those of a run, without a look at the disk: a split block Bloom filter, as Parquet has it
 *  (https://parquet.apache.org/docs/file-format/bloomfilter/): one block of 256 bits an entry, one bit in each of its eight words.
 *  1.3 bytes an entry, and one question of a hundred is answered with a wrong "may be". */
export type Filter = {
  readonly words: Uint32Array
  add(low: number, high: number): void
  mayHold(low: number, high: number): boolean
}

const WORDS = 8
const ENTRIES_A_BLOCK = 24
const SALT = Uint32Array.of(0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31)

/** For so many entries, none of them in it yet. */
export const filterFor = (entries: number): Filter => filterOf(new Uint32Array(Math.ceil(entries / ENTRIES_A_BLOCK) * WORDS))

/** The bits of the hash that was asked for last: it is asked of one run after the other. */
const bits = new Int32Array(WORDS)
let bitsOf = -1

export const filterOf = (words: Uint32Array): Filter => new SplitBlocks(words)

/** A class, as are indices and runs, of which there are as many: their methods are one call target, where each closure is its own, for which
 *  V8 gives up what it has compiled. Half of what it takes to write a run. */
class SplitBlocks implements Filter {
  readonly words: Uint32Array
  readonly #blocksAWidth: number

  constructor(words: Uint32Array) {
    this.words = words
    this.#blocksAWidth = words.length / WORDS / 0x1_0000_0000
  }

  add(low: number, high: number): void {
    if (high !== bitsOf) setBits(high)
    const { words } = this
    const block = Math.floor(low * this.#blocksAWidth) * WORDS
    for (let word = 0; word < WORDS; word++) words[block + word] = (words[block + word] as number) | (bits[word] as number) // within both
  }

  mayHold(low: number, high: number): boolean {
    if (high !== bitsOf) setBits(high)
    const { words } = this
    const block = Math.floor(low * this.#blocksAWidth) * WORDS
    for (let word = 0; word < WORDS; word++) if (((words[block + word] as number) & (bits[word] as number)) === 0) return false
    return true
  }
}

function setBits(high: number): void {
  bitsOf = high
  for (let word = 0; word < WORDS; word++) bits[word] = 1 << (Math.imul(high, SALT[word] as number) >>> 27)
}
