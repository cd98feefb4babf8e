/**
 * npm run test:image: what a boot alone does not show, each by itself or all in turn. Under emulation each takes minutes.
 *
 *   node images/qemu/test.ts [--image FILE] [NAME ...]
 */
import { parseArgs } from 'node:util';
import { newestImage } from './image.ts';
import { bootLoader } from './scenario/boot-loader.ts';
import { broken } from './scenario/broken.ts';
import { cloud } from './scenario/cloud.ts';
import { consoleLogin } from './scenario/console-login.ts';
import { factory } from './scenario/factory.ts';
import { full } from './scenario/full.ts';
import { power } from './scenario/power.ts';
import { reproducible } from './scenario/reproducible.ts';
import { restart } from './scenario/restart.ts';
import { imageRun } from './scenario/run.ts';
import { secureBoot } from './scenario/secure-boot.ts';
import { uefi } from './scenario/uefi.ts';
import { upgrade } from './scenario/upgrade.ts';

/** A scenario throws where the image does not do what it should; what it returns is said. */
const scenarios: Readonly<Record<string, (image: string) => Promise<string>>> = {
  'boot-loader': bootLoader,
  uefi,
  'secure-boot': secureBoot,
  upgrade,
  broken,
  power,
  full,
  restart,
  factory,
  console: consoleLogin,
  run: imageRun,
  reproducible,
  cloud,
};

const { values, positionals } = parseArgs({ options: { image: { type: 'string' } }, allowPositionals: true });
const names = positionals.length > 0 ? positionals : Object.keys(scenarios);
let failed = 0;
for (const name of names) {
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`no test ${name}: ${Object.keys(scenarios).join(' ')}`);
  const started = performance.now();
  const took = (): string => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  try {
    process.stdout.write(`[image] ${name}: ${await scenario(values.image ?? newestImage('qcow2'))} (${took()})\n`);
  } catch (error) {
    failed++;
    process.stdout.write(`[image] ${name} FAILED after ${took()}: ${(error as Error).stack}\n`);
  }
}
process.exit(failed === 0 ? 0 : 1);
