/**
 * npm run image:run: the newest image under QEMU, with two ports in namespaces of their own. Prints how to reach it, and
 * takes everything down at Ctrl-C. The disk is an overlay that stays in a folder; --fresh begins anew.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deleteNamespaces, makeNamespaces } from '../../lab/host.ts';
import { newestImage, overlay } from './image.ts';
import { Machine, machinePorts } from './machine.ts';

const usage = `usage: npm run image:run -- [options]

  --uefi           boot by UEFI instead of BIOS
  --folder FOLDER  where the disk and the password stay (default build/image/run)
  --fresh          forget the disk of the last run
  --image FILE     a qcow2 (default: the newest in build/image/out)
  --ports N        router ports, each in a namespace (default 2)
  --netconf PORT   of this machine, forwarded to NETCONF (default 8830)
  --snmp PORT      of this machine, forwarded to SNMP (default 8161)
`;
const { values } = parseArgs({
  options: {
    uefi: { type: 'boolean' },
    folder: { type: 'string', default: 'build/image/run' },
    fresh: { type: 'boolean' },
    image: { type: 'string' },
    ports: { type: 'string', default: '2' },
    netconf: { type: 'string', default: '8830' },
    snmp: { type: 'string', default: '8161' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}

const { folder } = values;
if (values.fresh) rmSync(folder, { recursive: true, force: true });
mkdirSync(`${folder}/drive`, { recursive: true });
const image = values.image ?? newestImage('qcow2');
const disk = `${folder}/disk.qcow2`;
if (!existsSync(disk)) await overlay(image, disk, '8G');
const passwordFile = `${folder}/drive/password`;
if (!existsSync(passwordFile))
  writeFileSync(passwordFile, `${randomBytes(12).toString('base64url')}\n`, { mode: 0o600 });

const ports = machinePorts('sluice-image', 'slq', Number(values.ports));
await makeNamespaces(ports.map(({ namespace }) => namespace));
let machine: Machine | undefined;
const stop = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
});
try {
  machine = await Machine.start({
    disk,
    format: 'qcow2',
    folder,
    firmware: values.uefi ? 'uefi' : 'bios',
    ports,
    netconfPort: Number(values.netconf),
    snmpPort: Number(values.snmp),
    configDrive: `${folder}/drive`,
  });
  process.stdout.write(
    `${image} under emulation; console: socat - unix:${folder}/serial.sock, log: ${machine.serialLog}\n`,
  );
  const started = machine;
  const up = started.answers(900_000).then(() => {
    const password = readFileSync(passwordFile, 'utf8').trim();
    process.stdout.write(
      `${[
        `NETCONF after ${seconds(performance.now() - started.startedMs)} s, ${started.cpuSeconds().toFixed(1)} s of processor`,
        `  ssh -p ${values.netconf} admin@127.0.0.1 -s netconf     password: ${password}`,
        ...ports.map(
          ({ namespace, device }, index) => `  port p0s${0x11 + index}: device ${device} in namespace ${namespace}`,
        ),
        'Ctrl-C cuts the power.',
      ].join('\n')}\n`,
    );
  });
  await Promise.race([stop, up.then(() => stop)]);
} finally {
  await machine?.kill();
  await deleteNamespaces(ports.map(({ namespace }) => namespace));
}
process.exit(0);

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
