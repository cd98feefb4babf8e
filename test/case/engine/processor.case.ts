import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Case } from '../../case.ts';

const binary = new URL('../../../build/native/sluice-engine', import.meta.url).pathname;
const run = promisify(execFile);

/** Flags of /proc/cpuinfo that x86-64-v3 asks for, so far as the kernel names them there. */
const asked = ['avx2', 'bmi1', 'bmi2', 'fma', 'f16c', 'movbe'];

const processor: Case = {
  id: 'engine-processor',
  shows: 'the engine that runs is the one built for the processor, under the process id that was started',
  async run() {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'latin1'))?.[1]?.split(' ') ?? [];
    const level = asked.every((flag) => flags.includes(flag)) ? 'v3' : 'v2';
    const { stdout: version } = await run(binary, ['--version']);
    assert.ok(version.includes(`for x86-64-${level},`), `${version} on a processor of ${level}`);
    // The fallback is built and runs on every processor.
    assert.ok((await run(`${binary}-v2`, ['--version'])).stdout.includes('for x86-64-v2,'));

    const folder = mkdtempSync(join(tmpdir(), 'sluice-processor-'));
    const engine = spawn(binary, ['--socket', join(folder, 'engine.sock'), '--no-huge', '--memory', '64'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(engine, 'exit');
    try {
      const [line] = await Promise.race([once(engine.stdout, 'data'), ended]);
      assert.match(String(line), /^ready /);
      assert.equal(readlinkSync(`/proc/${engine.pid}/exe`), `${binary}-${level}`);
    } finally {
      engine.kill();
      await ended;
      rmSync(folder, { recursive: true });
    }
    assert.equal(engine.exitCode, 0);
    return [{ what: 'the engine was built for', value: `x86-64-${level}` }];
  },
};

export const cases: readonly Case[] = [processor];
