import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import ssh2 from 'ssh2';
import { hostKeys } from './host-keys.ts';

test('hostKeys makes a key anew that cannot be read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-keys-'));
  const real = ssh2.utils.generateKeyPair.bind(ssh2.utils);
  let made = 0;
  const broken = mock.method(ssh2.utils, 'generateKeyPair', (kind: string, ...rest: unknown[]) => {
    const answer = rest.at(-1) as (error: Error | null, keys: { private: string }) => void;
    if (kind === 'ed25519' && made++ === 0) {
      answer(null, { private: '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n' });
    } else {
      (real as (...all: unknown[]) => void)(kind, ...rest);
    }
  });
  try {
    const keys = await hostKeys(folder);
    assert.deepEqual(
      keys.map(({ name }) => name),
      ['ed25519', 'ecdsa', 'rsa'],
    );
    assert.equal(made, 2);
    assert.deepEqual(await hostKeys(folder), keys, 'the second start finds them');
  } finally {
    broken.mock.restore();
    await rm(folder, { recursive: true });
  }
});
