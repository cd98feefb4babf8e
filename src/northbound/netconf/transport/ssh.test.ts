import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import ssh2 from 'ssh2';
import type { Authenticator } from './authenticator.ts';
import type { ByteStream } from './byte-stream.ts';
import { type HostKey, hostKeys } from './host-keys.ts';
import type { TransportLimits } from './limits.ts';
import { listenSsh, type SshListener } from './ssh.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-ssh-'));
let keys: readonly HostKey[] = [];
const userKeys = {
  ed25519: ssh2.utils.generateKeyPairSync('ed25519'),
  rsa: ssh2.utils.generateKeyPairSync('rsa', { bits: 2048, format: 'new' }),
  p521: ssh2.utils.generateKeyPairSync('ecdsa', { bits: 521, format: 'new' }),
};
const authorized = Object.values(userKeys).map((pair) => pair.public.split(' ')[1]);

const authenticator: Authenticator = {
  password: async (user, password) => user === 'admin' && password === 'right',
  publicKey: async (user, _algorithm, blob) => user === 'admin' && authorized.includes(blob.toString('base64')),
};

/** Sends back what it gets. */
function echo(stream: ByteStream): void {
  stream.attach({
    data: (chunk) => {
      if (!stream.write(chunk)) stream.pause();
    },
    drain: () => stream.resume(),
    end: () => stream.end(),
    close: () => undefined,
  });
  stream.resume();
}

async function listen(limits: Partial<TransportLimits> = {}): Promise<SshListener> {
  return await listenSsh(
    {
      address: '127.0.0.1',
      port: 0,
      hostKeys: keys.map((key) => key.pem),
      authenticator,
      limits: { refusalMs: 20, ...limits },
    },
    echo,
  );
}

function login(port: number, config: ssh2.ConnectConfig = {}): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client));
    client.once('error', reject);
    client.connect({ host: '127.0.0.1', port, username: 'admin', password: 'right', ...config });
  });
}

function subsystem(client: ssh2.Client, name = 'netconf'): Promise<ssh2.ClientChannel> {
  return new Promise((resolve, reject) => {
    client.subsys(name, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

/** Runs OpenSSH's client with the input; its output, and its exit status. */
function openssh(port: number, args: string[], input: string): Promise<{ out: string; status: number | null }> {
  const fixed = [
    '-p',
    String(port),
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'UserKnownHostsFile=/dev/null',
    '-o',
    'BatchMode=yes',
  ];
  const child = spawn('ssh', ['-F', 'none', ...fixed, ...args, 'admin@127.0.0.1', '-s', 'netconf'], { stdio: 'pipe' });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', () => undefined);
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve) => child.once('close', (status) => resolve({ out, status })));
}

before(async () => {
  keys = await hostKeys(folder);
});
after(() => rmSync(folder, { recursive: true }));

describe('hostKeys', () => {
  it('are made once, for their owner alone', async () => {
    assert.deepEqual(await hostKeys(folder), keys);
    assert.deepEqual(
      keys.map((key) => key.name),
      ['ed25519', 'ecdsa', 'rsa'],
    );
    for (const key of keys) assert.equal(statSync(join(folder, `ssh_host_${key.name}_key`)).mode & 0o777, 0o600);
  });
});

describe('listenSsh', () => {
  it('carries bytes both ways with OpenSSH, for each key type and rsa-sha2-512 alone', async () => {
    const listener = await listen();
    for (const [name, pair] of Object.entries(userKeys)) {
      const path = join(folder, `user_${name}`);
      writeFileSync(path, pair.private, { mode: 0o600 });
      const only = name === 'rsa' ? ['-o', 'PubkeyAcceptedAlgorithms=rsa-sha2-512'] : [];
      const { out, status } = await openssh(listener.port, ['-i', path, '-o', 'IdentitiesOnly=yes', ...only], 'ping');
      assert.equal(out, 'ping', name);
      assert.equal(status, 0);
    }
    await listener.close();
  });

  it('proves itself with each host key algorithm', async () => {
    const listener = await listen();
    const path = join(folder, 'user_ed25519');
    writeFileSync(path, userKeys.ed25519.private, { mode: 0o600 });
    for (const algorithm of ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256']) {
      const { out } = await openssh(listener.port, ['-i', path, '-o', `HostKeyAlgorithms=${algorithm}`], 'ping');
      assert.equal(out, 'ping', algorithm);
    }
    await listener.close();
  });

  it('refuses SHA-1', async () => {
    const listener = await listen();
    const path = join(folder, 'user_rsa');
    writeFileSync(path, userKeys.rsa.private, { mode: 0o600 });
    for (const args of [
      ['-o', 'PubkeyAcceptedAlgorithms=ssh-rsa'],
      ['-o', 'HostKeyAlgorithms=ssh-rsa'],
      ['-o', 'KexAlgorithms=diffie-hellman-group14-sha1'],
      ['-o', 'Ciphers=aes128-ctr', '-o', 'MACs=hmac-sha1'],
    ]) {
      const { status } = await openssh(listener.port, ['-i', path, '-o', 'IdentitiesOnly=yes', ...args], 'ping');
      assert.equal(status, 255, args.join(' '));
    }
    await listener.close();
  });

  it('closes after three refused passwords', async () => {
    const listener = await listen();
    let tries = 0;
    const client = new ssh2.Client();
    await new Promise<void>((resolve) => {
      client.on('error', () => undefined);
      client.once('close', () => resolve());
      client.connect({
        host: '127.0.0.1',
        port: listener.port,
        username: 'admin',
        authHandler: (_left, _partial, next) => {
          tries++;
          next({ type: 'password', username: 'admin', password: `wrong${tries}` });
        },
      });
    });
    assert.equal(tries, 3);
    await listener.close();
  });

  it('opens the netconf subsystem and nothing else', async () => {
    const listener = await listen();
    const client = await login(listener.port);
    await assert.rejects(subsystem(client, 'sftp'));
    await assert.rejects(
      new Promise((resolve, reject) => client.exec('id', (error) => (error ? reject(error) : resolve(0)))),
    );
    await assert.rejects(
      new Promise((resolve, reject) => client.shell((error) => (error ? reject(error) : resolve(0)))),
    );
    await assert.rejects(
      new Promise((resolve, reject) =>
        client.forwardOut('127.0.0.1', 1, '127.0.0.1', 22, (error) => (error ? reject(error) : resolve(0))),
      ),
    );
    await assert.rejects(
      new Promise((resolve, reject) =>
        client.forwardIn('127.0.0.1', 0, (error) => (error ? reject(error) : resolve(0))),
      ),
    );
    const channel = await subsystem(client);
    channel.write('x');
    assert.equal(String(await new Promise((resolve) => channel.once('data', resolve))), 'x');
    client.end();
    await listener.close();
  });

  it('opens as many sessions a connection as allowed', async () => {
    const listener = await listen({ channels: 2 });
    const client = await login(listener.port);
    const first = await subsystem(client);
    await subsystem(client);
    await assert.rejects(subsystem(client));
    const closed = new Promise((resolve) => first.once('close', resolve));
    first.resume();
    first.end();
    await closed;
    await subsystem(client);
    client.end();
    await listener.close();
  });

  it('ends what says nothing within its time', async () => {
    const listener = await listen({ silentSeconds: 0.3 });
    const silent = connect(listener.port, '127.0.0.1');
    silent.resume();
    const started = Date.now();
    await new Promise((resolve) => silent.once('close', resolve));
    assert.ok(Date.now() - started < 3000);
    await listener.close();
  });

  it('ends what says who it is and does not log in within its time', async () => {
    const listener = await listen({ silentSeconds: 0.1, loginSeconds: 0.4 });
    const slow = connect(listener.port, '127.0.0.1');
    slow.write('SSH-2.0-slow\r\n');
    slow.resume();
    const started = Date.now();
    await new Promise((resolve) => slow.once('close', resolve));
    const tookMs = Date.now() - started;
    assert.ok(tookMs >= 350 && tookMs < 4000, `${tookMs} ms`);
    await listener.close();
  });

  it('lets a login through 300 silent connections', async () => {
    const listener = await listen();
    const silent: Socket[] = [];
    for (let count = 0; count < 300; count++) {
      const socket = connect(listener.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      silent.push(socket);
    }
    const started = Date.now();
    const client = await login(listener.port);
    const tookMs = Date.now() - started;
    assert.ok(tookMs < 3000, `${tookMs} ms`);
    // None of them had to go: there is room for a thousand clients that begin at once.
    assert.equal(listener.counters.dropped, 0);
    client.end();
    for (const socket of silent) socket.destroy();
    await listener.close();
  });

  it('exchanges keys by bytes while data flows both ways', async () => {
    const listener = await listen({ rekeyBytes: 200_000 });
    const client = await login(listener.port);
    let rekeys = 0;
    client.on('handshake', () => rekeys++);
    const channel = await subsystem(client);
    const sent = Buffer.alloc(3_000_000, 'abcdefg');
    const pieces: Buffer[] = [];
    let received = 0;
    await new Promise<void>((resolve) => {
      channel.on('data', (piece: Buffer) => {
        pieces.push(piece);
        received += piece.length;
        if (received === sent.length) resolve();
      });
      channel.write(sent);
    });
    assert.ok(Buffer.concat(pieces).equals(sent));
    assert.ok(rekeys >= 2, `${rekeys} exchanges`);
    client.end();
    await listener.close();
  });

  it('holds output back while the client does not read', async () => {
    let given = 0;
    let blocked = 0;
    const block = Buffer.alloc(64 * 1024);
    const listener = await listenSsh(
      { address: '127.0.0.1', port: 0, hostKeys: keys.map((key) => key.pem), authenticator },
      (stream) => {
        const pump = (): void => {
          while (given < 500e6) {
            given += block.length;
            if (!stream.write(block)) {
              blocked++;
              return;
            }
          }
        };
        stream.attach({ data: () => undefined, drain: pump, end: () => stream.end(), close: () => undefined });
        pump();
      },
    );
    const client = await login(listener.port);
    const channel = await subsystem(client);
    channel.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.ok(blocked > 0);
    assert.ok(given < 16e6, `${given} bytes taken for a client that reads nothing`);
    client.end();
    await listener.close();
  });
});
