import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, shaCrypt, verifyPassword } from './sha-crypt.ts';

// The test vectors of the public specification, and two made with Debian's crypt(3).
const vectors: readonly (readonly [setting: string, password: string, hash: string])[] = [
  [
    '$6$saltstring',
    'Hello world!',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  [
    '$6$rounds=10000$saltstringsaltstring',
    'Hello world!',
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
  ],
  [
    '$6$rounds=5000$toolongsaltstring',
    'This is just a test',
    '$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0',
  ],
  [
    '$6$rounds=1400$anotherlongsaltstring',
    'a very much longer text to encrypt.  This one even stretches over morethan one line.',
    '$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
  ],
  [
    '$6$rounds=10$roundstoolow',
    'the minimum number is still observed',
    '$6$rounds=1000$roundstoolow$kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.',
  ],
  ['$5$saltstring', 'Hello world!', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  [
    '$5$rounds=10000$saltstringsaltstring',
    'Hello world!',
    '$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA',
  ],
  ['$6$x', '', '$6$x$QSmr1Bx2g4O6BzKvdkgOcyU6H91X6I/XBv5pSalMhSPkwdH6Beo3F455xZJg0v//bxVK5F4OE5k1.0xuR26MK0'],
  ['$5$ab', 'ü€', '$5$ab$wPTG.selfqdeV.pm.q2A2RkCc7mgjWWSMyU2f4r4PtC'],
];

test('shaCrypt gives the hashes of the specification and of crypt(3)', async () => {
  for (const [setting, password, expected] of vectors) assert.equal(await shaCrypt(password, setting), expected);
});

test('verifyPassword accepts what hashPassword made and nothing else', async () => {
  const hashed = await hashPassword('secret');
  assert.match(hashed, /^\$6\$[./A-Za-z0-9]{16}\$[./A-Za-z0-9]{86}$/);
  assert.equal(await verifyPassword('secret', hashed), true);
  assert.equal(await verifyPassword('Secret', hashed), false);
  assert.equal(await verifyPassword('secret', '$1$abc$xyz'), false);
  assert.equal(await verifyPassword('secret', ''), false);
  assert.equal(await verifyPassword('x'.repeat(100_000), hashed), false);
});

test('shaCrypt lets the event loop turn', async () => {
  let turns = 0;
  const ticking = setInterval(() => turns++, 0);
  await shaCrypt('secret', '$6$rounds=20000$salt');
  clearInterval(ticking);
  assert.ok(turns > 2, `${turns} turns`);
});
