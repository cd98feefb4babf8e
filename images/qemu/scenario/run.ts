/** npm run image:run: it boots, what it prints is how to reach it, and it leaves nothing behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { run, runIn, until } from '../../../lab/run.ts';
import { freePort } from '../../../test/snmp.ts';
import { BOOT_MS } from '../appliance.ts';
import { Netconf } from '../netconf.ts';

export async function imageRun(image: string): Promise<string> {
  const folder = mkdtempSync('/tmp/sluice-run-');
  const port = await freePort();
  const child = spawn(
    'bash',
    ['images/run', '--image', image, '--folder', folder, '--netconf', String(port), '--snmp', String(await freePort())],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  try {
    await until('how to reach it', BOOT_MS, () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said}`);
      return said.includes('Ctrl-C') || undefined;
    });
    const password = /password: (\S+)/.exec(said)?.[1];
    if (password === undefined || !said.includes(`ssh -p ${port} admin@127.0.0.1 -s netconf`)) throw new Error(said);
    writeFileSync(`${folder}/password`, `${password}\n`);
    const data = await new Netconf(port, `${folder}/password`).get(
      '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name/></interface></interfaces>',
    );
    const devices = [...said.matchAll(/port (\S+): device (\S+) in namespace (\S+)/g)];
    for (const [, name, device = '', namespace = ''] of devices) {
      if (!data.includes(`<name>${name}</name>`)) throw new Error(`the router has no port ${name}: ${data}`);
      await runIn(namespace, 'ip', 'link', 'show', device);
    }
    if (devices.length !== 2) throw new Error(`${devices.length} ports: ${said}`);
    child.kill('SIGINT');
    const [code] = await ended;
    if (code !== 0) throw new Error(`it ended with ${code}`);
    const namespaces = await run('ip', ['netns', 'list']);
    const left = devices.filter(([, , , namespace = '']) => namespaces.includes(namespace));
    if (left.length > 0) throw new Error(`left behind: ${left.map(([line]) => line).join(', ')}`);
    return `it says:\n${said.replace(password, '…').trimEnd()}`;
  } finally {
    child.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}
