/**
 * netconfd (Debian's package of that name, yuma123 2.13) behind an sshd of its own, both in a temporary folder. It writes
 * to running or to a candidate, not both: here to running, with a startup of its own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../lab/run.ts';
import { ended } from './sluice.ts';
import { connect, type Subject } from './subject.ts';

const program = '/usr/sbin/netconfd';
const modules = '/usr/share/yuma/modules/ietf:/usr/share/yuma/modules';

/** Undefined where it is not installed. */
export async function startNetconfd(): Promise<Subject | undefined> {
  if (!existsSync(program) || !existsSync('/usr/sbin/sshd')) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'netconfd-bench-'));
  const socket = join(folder, 'ncx.sock');
  const port = await freePort();
  const netconfd = spawn(
    program,
    [
      ...[`--modpath=${modules}`, '--module=ietf-interfaces', '--module=iana-if-type', '--no-startup'],
      ...['--target=running', '--with-startup=true', '--superuser=root', '--log-level=error'],
      ...[`--ncxserver-sockname=${socket}`, `--port=${port}`, `--home=${folder}`],
    ],
    { stdio: 'ignore', env: { ...process.env, HOME: folder } },
  );
  await until('netconfd', 20_000, () => existsSync(socket));
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-f', sshdConfiguration(folder, socket, port)], { stdio: 'ignore' });
  const [pid, helper] = [netconfd.pid, sshd.pid];
  if (pid === undefined || helper === undefined) throw new Error('netconfd or sshd does not start');
  const subject: Subject = {
    ...{ name: 'netconfd', port, username: 'root', privateKey: readFileSync(join(folder, 'key')), folder },
    ...{ pid, helpers: [helper], hasCandidate: false },
    async stop() {
      await ended(sshd, 'SIGTERM');
      await ended(netconfd, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await until('sshd', 10_000, async () => {
    const client = await connect(subject).catch(() => undefined);
    await client?.close();
    return client !== undefined;
  });
  return subject;
}

function sshdConfiguration(folder: string, socket: string, port: number): string {
  for (const name of ['key', 'host-key']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  }
  mkdirSync('/run/sshd', { recursive: true }); // sshd's privilege separation wants it
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${folder}/host-key`,
    `AuthorizedKeysFile ${folder}/key.pub`,
    'StrictModes no',
    'PermitRootLogin yes',
    'UsePAM no',
    'PidFile none',
    'MaxStartups 5000',
    'PerSourceMaxStartups none',
    `Subsystem netconf "/usr/sbin/netconf-subsystem --ncxserver-sockname=${port}@${socket}"`,
  ];
  const file = join(folder, 'sshd_config');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
