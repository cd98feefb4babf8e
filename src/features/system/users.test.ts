import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword } from '../../commit/crypt/sha-crypt.ts';
import { keys, type Rows, viewOf } from '../testing/schema.ts';
import { checkSystem } from './check.ts';
import { systemFeature } from './feature.ts';
import { SystemModel } from './model.ts';
import { Users } from './users.ts';

const user = (name: string): string => `/ietf-system:system/authentication/user[name='${name}']`;
const model = new SystemModel(keys);

/** A key in wire form: string algorithm, string of 32 bytes. */
function blobOf(algorithm: string, fill: number): Buffer {
  const string = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  return Buffer.concat([string(Buffer.from(algorithm)), string(Buffer.alloc(32, fill))]);
}

test('Users accept the password of the user and no other, and no user without one', async () => {
  const passwords = { [user('ann')]: { password: await hashPassword('secret') }, [user('bob')]: {} };
  const running = viewOf({ ...passwords, [user('cid')]: { password: await hashPassword('') } }, []);
  const users = new Users(model, () => running);
  assert.equal(await users.password('ann', 'secret'), true);
  assert.equal(await users.password('ann', 'Secret'), false);
  assert.equal(await users.password('bob', ''), false);
  assert.equal(await users.password('cid', ''), false);
  assert.equal(await users.password('eve', 'secret'), false);
  assert.equal(await users.password('a\0nn', 'secret'), false);
});

test('Users remember a password that was right, until its hash is another', async () => {
  let rows: Rows = { [user('ann')]: { password: await hashPassword('secret') } };
  const users = new Users(model, () => viewOf(rows, []));
  const time = async (password: string): Promise<number> => {
    const started = performance.now();
    await users.password('ann', password);
    return performance.now() - started;
  };
  // A thousand at once cost one.
  const all = await Promise.all(Array.from({ length: 1000 }, () => users.password('ann', 'secret')));
  assert.ok(all.every((isRight) => isRight));
  const [right, wrong] = [await time('secret'), await time('Secret')];
  assert.ok(right < wrong, `${right} ms for the right one, ${wrong} ms for a wrong one`);
  rows = { [user('ann')]: { password: await hashPassword('other') } };
  assert.equal(await users.password('ann', 'secret'), false);
  assert.equal(await users.password('ann', 'other'), true);
});

test('Users take as long for a name that does not exist', async () => {
  const running = viewOf({ [user('ann')]: { password: await hashPassword('secret') } }, []);
  const users = new Users(model, () => running);
  const time = async (name: string): Promise<number> => {
    await users.password(name, 'wrong');
    const started = performance.now();
    for (let round = 0; round < 5; round += 1) await users.password(name, 'wrong');
    return performance.now() - started;
  };
  const [ann, eve] = [await time('ann'), await time('eve')];
  assert.ok(eve > ann / 10 && eve < ann * 10, `${ann} ms for a user, ${eve} ms for none`);
});

test('Users accept an authorized key by its algorithm and its bytes', async () => {
  const key = blobOf('ssh-ed25519', 1);
  const rows: Rows = {
    [user('ann')]: {},
    [`${user('ann')}/authorized-key[name='k']`]: { algorithm: 'ssh-ed25519', 'key-data': key.toString('base64') },
  };
  const running = viewOf(rows, []);
  const users = new Users(model, () => running);
  assert.equal(await users.publicKey('ann', 'ssh-ed25519', key), true);
  assert.equal(await users.publicKey('bob', 'ssh-ed25519', key), false);
  assert.equal(await users.publicKey('ann', 'ssh-ed25519', blobOf('ssh-ed25519', 2)), false);
  assert.equal(await users.publicKey('ann', 'ssh-rsa', key), false);
  assert.equal(await users.publicKey('ann', 'ssh-dss', key), false);
});

test('checkSystem refuses hashes and keys that no login could use', async () => {
  const faults = (rows: Rows): (string | undefined)[] => {
    const after = viewOf(rows, []);
    const changed = Array.from(after.subtree(''), ({ key, node, row }) => ({
      key,
      node,
      before: undefined,
      after: row,
    }));
    return checkSystem({ before: viewOf({}, []), after, rows: changed }, model).map(({ path }) => path);
  };
  assert.deepEqual(faults({ [user('ann')]: { password: await hashPassword('x') } }), []);
  assert.deepEqual(faults({ [user('ann')]: { password: '$1$salt$0123456789012345678901' } }), [
    `${user('ann')}/password`,
  ]);
  const slow = `$6$rounds=999999999$salt$${'a'.repeat(86)}`;
  assert.deepEqual(faults({ [user('ann')]: { password: slow } }), [`${user('ann')}/password`]);
  const entry = `${user('ann')}/authorized-key[name='k']`;
  const data = blobOf('ssh-ed25519', 1).toString('base64');
  assert.deepEqual(faults({ [entry]: { algorithm: 'ssh-ed25519', 'key-data': data } }), []);
  assert.deepEqual(faults({ [entry]: { algorithm: 'ssh-dss', 'key-data': data } }), [`${entry}/algorithm`]);
  assert.deepEqual(faults({ [entry]: { algorithm: 'ssh-rsa', 'key-data': data } }), [`${entry}/key-data`]);
});

test('contact and location are kept and ask nothing of anybody', () => {
  const after = viewOf({ '/ietf-system:system': { contact: 'ann', location: 'here' } }, []);
  const rows = Array.from(after.subtree(''), ({ key, node, row }) => ({ key, node, before: undefined, after: row }));
  const change = { before: viewOf({}, []), after, rows };
  const feature = systemFeature(model);
  assert.deepEqual([feature.check?.(change), feature.plan(change)], [[], []]);
});
