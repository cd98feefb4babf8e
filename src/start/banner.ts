/** What `npm start` prints once the router runs: address, user, and three commands to try with a stock client. */
import { existsSync, readFileSync } from 'node:fs';
import { demoVlans } from './demo.ts';
import type { Endpoint, Options } from './options.ts';
import type { Places } from './record.ts';

export async function banner(options: Options, places: Places, isNew: boolean): Promise<void> {
  const { address, port } = JSON.parse(readFileSync(`${places.run}/netconf.json`, 'utf8')) as Partial<Endpoint>;
  if (address === undefined || port === undefined) {
    process.stdout.write(
      `\nNo listener for SSH is configured.   Recovery, root only: ${places.netconfSocket}\n\nCtrl-C stops it.\n`,
    );
    return;
  }
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
  const passwordFile = `${places.state}/admin-password`;
  const lines = [
    '',
    `NETCONF   ssh://${host.includes(':') ? `[${host}]` : host}:${port}   (recovery, root only: ${places.netconfSocket})`,
  ];
  if (existsSync(passwordFile)) {
    if (isNew)
      lines.push(`User      admin   password ${readFileSync(passwordFile, 'utf8').trim()}   (printed this once)`);
    lines.push(`${isNew ? '         ' : 'User      admin'}   password in ${passwordFile} (readable by its owner only)`);
  }
  lines.push(`Logs      ${places.logs}`, '', 'Try:');
  const ssh = `ssh -p ${port} admin@${host} -s netconf`;
  const python = (call: string): string =>
    `  /usr/bin/python3 -c "from ncclient import manager as n; m = n.connect(host='${host}', port=${port}, username='admin', password=open('${passwordFile}').read().strip(), hostkey_verify=False, allow_agent=False, look_for_keys=False); ${call}"`;
  lines.push(`  ${ssh}`);
  lines.push(python("print(m.get_config('running'))"));
  if (options.lab) {
    const vlan = demoVlans[0];
    lines.push(`  ip netns exec ${places.namespacePrefix}site1-vlan${vlan} ping -c 3 10.0.${vlan}.2`);
  } else {
    lines.push(
      python("print(m.get(('subtree', '<interfaces xmlns=\\'urn:ietf:params:xml:ns:yang:ietf-interfaces\\'/>')))"),
    );
  }
  lines.push('', 'Ctrl-C stops it.', '');
  process.stdout.write(`${lines.join('\n')}\n`);
}
