/** Kernel and initramfs of the guest: Debian's kernel for virtual machines and busybox, fetched and unpacked, not installed. */
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAgent } from '../ce-agent.ts';
import { run } from '../run.ts';

const folder = fileURLToPath(new URL('../../build/guest', import.meta.url));
const init = fileURLToPath(new URL('init', import.meta.url));
const kernelPackage = 'linux-image-cloud-amd64';

/** What virtio network devices and bridges need, in the order of loading. */
const modules = [
  'drivers/virtio/virtio_ring',
  'drivers/virtio/virtio',
  'drivers/virtio/virtio_pci_legacy_dev',
  'drivers/virtio/virtio_pci_modern_dev',
  'drivers/virtio/virtio_pci',
  'net/core/failover',
  'drivers/net/net_failover',
  'drivers/net/virtio_net',
  'net/llc/llc',
  'net/802/stp',
  'net/bridge/bridge',
];

export interface GuestImage {
  readonly kernel: string;
  readonly initramfs: string;
}

/** Fetches and builds what is missing. */
export async function guestImage(): Promise<GuestImage> {
  const packages = await unpacked();
  const boot = await readdir(join(packages, 'boot'));
  const kernel = boot.find((name) => name.startsWith('vmlinuz-'));
  if (kernel === undefined) throw new Error(`${packages}/boot: no kernel in Debian's package`);
  const version = kernel.slice('vmlinuz-'.length);
  const initramfs = join(folder, 'initramfs.gz');
  const agent = await buildAgent('ce-agent-static');
  if (await isOlder(initramfs, [init, agent, fileURLToPath(import.meta.url)]))
    await pack(packages, version, agent, initramfs);
  return { kernel: join(packages, 'boot', kernel), initramfs };
}

async function isOlder(file: string, sources: readonly string[]): Promise<boolean> {
  if (!existsSync(file)) return true;
  const { mtimeMs } = await stat(file);
  const times = await Promise.all(sources.map((source) => stat(source)));
  return times.some((time) => time.mtimeMs > mtimeMs);
}

async function unpacked(): Promise<string> {
  const packages = join(folder, 'packages');
  if (existsSync(packages)) return packages;
  const fresh = `${packages}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  // The package of this name only depends on the kernel of the day.
  const depends = await run('apt-cache', ['depends', '--important', kernelPackage]);
  const kernel = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (kernel === undefined) throw new Error(`Debian's lists do not say what ${kernelPackage} is: apt-get update`);
  await run('sh', ['-c', `cd "$1" && apt-get download -q "$2" busybox-static`, 'sh', fresh, kernel]);
  for (const file of await readdir(fresh))
    if (file.endsWith('.deb')) {
      await run('dpkg-deb', ['-x', join(fresh, file), fresh]);
      await rm(join(fresh, file));
    }
  await rename(fresh, packages);
  return packages;
}

async function pack(packages: string, version: string, agent: string, to: string): Promise<void> {
  const root = join(folder, 'root');
  await rm(root, { recursive: true, force: true });
  for (const name of ['bin', 'modules', 'proc', 'sys', 'dev']) await mkdir(join(root, name), { recursive: true });
  await copyFile(join(packages, 'bin/busybox'), join(root, 'bin/busybox'));
  await copyFile(agent, join(root, 'bin/ce-agent'));
  await copyFile(init, join(root, 'init'));
  await chmod(join(root, 'init'), 0o755);
  for (const name of modules)
    await copyFile(
      join(packages, 'lib/modules', version, 'kernel', `${name}.ko`),
      join(root, 'modules', `${basename(name)}.ko`),
    );
  await writeFile(join(root, 'modules/order'), modules.map((name) => `${basename(name)}.ko\n`).join(''));
  for (const program of ['ip', 'bridge']) await copyProgram(program, root);
  const script = 'cd "$1" && find . | cpio --quiet -o -H newc | gzip -1 >"$2"';
  await run('sh', ['-ec', script, 'sh', root, `${to}.new`]);
  await rename(`${to}.new`, to);
}

/** A program of this machine, with the libraries that it needs. */
async function copyProgram(name: string, root: string): Promise<void> {
  const path = (await run('sh', ['-c', 'command -v "$1"', 'sh', name])).trim();
  const libraries = [...(await run('ldd', [path])).matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] as string);
  for (const library of libraries) {
    await mkdir(join(root, dirname(library)), { recursive: true });
    await copyFile(library, join(root, library));
  }
  await copyFile(path, join(root, 'bin', name));
}
