import { expect, test } from 'vitest'
import { sha256 } from '../sha256.ts'
import { hashUser } from '../user-forms.ts'
import * as tiktok from './normal.ts'

test('the forms that the edge makes are those TikTok takes', () => {
  const { user } = hashUser({ user_email: ' Alex.Z+x@Gmail.com', user_phone: '+1 800 555 0100', external_id: ' User-7 ' }, null)
  expect(user).toMatchObject({
    email: sha256(tiktok.email(' Alex.Z+x@Gmail.com') ?? ''),
    phone_e164: sha256(tiktok.phone('+18005550100')),
    external_id: sha256(tiktok.externalId(' User-7 ') ?? ''),
  })
  expect(tiktok.email(' Alex.Z+x@Gmail.com')).toBe('alex.z+x@gmail.com')
})
