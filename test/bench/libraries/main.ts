/**
 * `npm run bench:libraries -- [--json]`: the router's YANG and XML beside yang-js and xml2js, and what the SNMP agent of
 * npm's net-snmp does. See README.md.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Figure, figureLine } from '../../case.ts';
import type { SnmpFigures } from './snmp.ts';
import type { XmlFigures } from './xml.ts';
import type { YangFigures } from './yang.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const folder = import.meta.dirname;

/** Installs what package-lock.json names, where that has not been done. */
function install(): void {
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  const stamp = join(folder, 'node_modules', '.lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('installing yang-js, xml2js and net-snmp for this benchmark alone');
  const npm = spawnSync('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (npm.status !== 0) throw new Error('npm install failed');
  writeFileSync(stamp, lock);
}

/** What a program of this folder prints as its last line. */
function measure<T>(program: string, ...args: readonly string[]): T {
  const child = spawnSync(process.execPath, ['--no-warnings', '--expose-gc', join(folder, program), ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const last = child.stdout.trimEnd().split('\n').at(-1) ?? '';
  if (child.status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${child.status}:\n${child.stderr}`);
  return JSON.parse(last) as T;
}

function yangFigures(name: string, figures: YangFigures): Figure[] {
  const { modules, loaded, verdicts, wrong, cpuMs, heapMiB, oneMoreMs } = figures;
  return [
    { what: `${name}: modules loaded, of ${modules}`, value: loaded },
    { what: `${name}: wrong verdicts, of ${verdicts}`, value: wrong.length },
    { what: `${name}: CPU time of loading`, value: cpuMs, unit: 'ms' },
    { what: `${name}: heap held after loading`, value: heapMiB, unit: 'MiB' },
    { what: `${name}: one more entry beside 10,000`, value: oneMoreMs, unit: 'ms' },
  ];
}

function xmlFigures(name: string, figures: XmlFigures): Figure[] {
  const { bytes, cpuMs, peakMiB, verdicts, wrong } = figures;
  const size = (bytes / 1e6).toFixed(0);
  return [
    { what: `${name}: CPU time of an edit-config of ${size} MB`, value: cpuMs, unit: 'ms' },
    { what: `${name}: resident memory at its highest`, value: peakMiB, unit: 'MiB' },
    { what: `${name}: wrong verdicts, of ${verdicts}`, value: wrong.length },
  ];
}

function snmpFigures({
  killedBy,
  emptyUserReads,
  emptyUserWrites,
  engineStarts,
  varbindsPerSecond,
}: SnmpFigures): Figure[] {
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  return [
    { what: 'net-snmp: one malformed datagram of nobody ends the process', value: yes(killedBy !== undefined) },
    { what: 'net-snmp: an SNMPv3 user without a name may GET', value: yes(emptyUserReads) },
    { what: 'net-snmp: an SNMPv3 user without a name may SET', value: yes(emptyUserWrites) },
    { what: 'net-snmp: engineBoots and engineTime of two starts', value: engineStarts.join(', ') },
    { what: 'net-snmp: varbinds a second at 10,000 rows', value: varbindsPerSecond },
  ];
}

install();
const yang = {
  'yang-js': measure<YangFigures>('yang.ts', 'yang-js'),
  sluice: measure<YangFigures>('yang.ts', 'sluice'),
};
const xml = { xml2js: measure<XmlFigures>('xml.ts', 'xml2js'), sluice: measure<XmlFigures>('xml.ts', 'sluice') };
const snmp = measure<SnmpFigures>('snmp.ts');
if (values.json) console.log(JSON.stringify({ yang, xml, snmp }, undefined, 2));
else {
  const figures = [
    ...Object.entries(yang).flatMap(([name, one]) => yangFigures(`YANG, ${name}`, one)),
    ...Object.entries(xml).flatMap(([name, one]) => xmlFigures(`XML, ${name}`, one)),
    ...snmpFigures(snmp),
  ];
  for (const figure of figures) console.log(figureLine(figure));
  for (const [name, { failures, wrong }] of Object.entries(yang)) {
    for (const failure of failures) console.log(`  YANG, ${name}, not loaded: ${failure}`);
    for (const what of wrong) console.log(`  YANG, ${name}, wrong: ${what}`);
  }
  for (const [name, { wrong }] of Object.entries(xml))
    for (const what of wrong) console.log(`  XML, ${name}, wrong: ${what}`);
}
