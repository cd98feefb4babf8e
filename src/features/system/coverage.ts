/** What each leaf of ietf-system does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { SYSTEM } from './model.ts';

const TESTS = 'src/features/system/users.test.ts';
const USER = `${SYSTEM}/authentication/user`;
const byPassword = [[TESTS, 'Users accept the password']] as const;
const byKey = [[TESTS, 'Users accept an authorized key']] as const;
const text = [[TESTS, 'contact and location']] as const;

export const systemEffects: readonly LeafEffect[] = [
  { leaf: `${SYSTEM}/contact`, effect: 'a text for people', shownBy: text },
  { leaf: `${SYSTEM}/location`, effect: 'a text for people', shownBy: text },
  { leaf: `${USER}/name`, effect: 'a user who may log in', shownBy: byPassword },
  { leaf: `${USER}/password`, effect: 'the password; clear text ($0$) is hashed', shownBy: byPassword },
  { leaf: `${USER}/authorized-key/name`, effect: 'names a public key', shownBy: byKey },
  { leaf: `${USER}/authorized-key/algorithm`, effect: 'its algorithm', shownBy: byKey },
  { leaf: `${USER}/authorized-key/key-data`, effect: 'the key, with which the user may log in', shownBy: byKey },
];
