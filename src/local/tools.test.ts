import { expect, test } from 'vitest'
import { javaMajor } from './tools.ts'

test.each([
  { said: 'openjdk version "17.0.15" 2025-04-15', major: 17 },
  { said: 'openjdk version "21" 2023-09-19', major: 21 },
  { said: 'java version "1.8.0_392"', major: 8 },
  { said: 'openjdk version "25-ea" 2025-09-16', major: 25 },
  { said: 'Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "17.0.1"', major: 17 },
  { said: 'The operation could not be completed. Unable to locate a Java Runtime.', major: null },
])('$said', ({ said, major }) => expect(javaMajor(said)).toBe(major))
