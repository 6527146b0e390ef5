/** Small numbers for words that come again and again. Number 0 is the empty word. */
export type Names = { number(name: string): number; name(number: number): string }

export function createNames(): Names {
  const numbers = new Map<string, number>([['', 0]])
  const names = ['']
  return {
    number(name) {
      const known = numbers.get(name)
      if (known !== undefined) return known
      numbers.set(name, names.length)
      return names.push(name) - 1
    },
    name: (number) => names[number] ?? '',
  }
}
