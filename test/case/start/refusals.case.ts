import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../lab/run.ts';
import type { Case } from '../../case.ts';
import { namespace } from '../../configuration.ts';
import { Router } from '../../router.ts';

const program = join(import.meta.dirname, '../../../src/start/main.ts');

/** Starts that cannot be say what is missing and what to do, and leave nothing behind. */
const refusals: Case = {
  id: 'start-refusals',
  shows: 'a start that cannot be says what is missing and what to do',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-refused-'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const taken = (server.address() as { port: number }).port;
    writeFileSync(
      `${folder}/bad.xml`,
      `<config xmlns="${namespace.netconf}"><nonsense xmlns="urn:example:no"/></config>`,
    );
    writeFileSync(`${folder}/torn.xml`, `<config xmlns="${namespace.netconf}">`);
    mkdirSync(`${folder}/yang`);
    writeFileSync(
      `${folder}/yang/broken.yang`,
      'module broken {\n  namespace "urn:broken";\n  prefix b;\n  leef x;\n}\n',
    );
    const router = await Router.start();
    try {
      const refused: [what: string, args: string[], says: RegExp][] = [
        [
          'a port that is taken',
          ['--netconf', `127.0.0.1:${taken}`],
          /port \d+ of 127\.0\.0\.1 is taken[\s\S]*--netconf/,
        ],
        [
          'an address that is not the machine’s',
          ['--netconf', '192.0.2.1:830'],
          /192\.0\.2\.1 port 830 cannot be listened on/,
        ],
        ['an option that there is not', ['--speed', '9'], /--speed[\s\S]*usage:/],
        ['a state folder in use', ['--state', router.places.state], /runs already \(process \d+\)[\s\S]*--state/],
        ['a document that is not there', ['--config', `${folder}/none.xml`], /none\.xml: there is no such file/],
        ['a document of unknown data', ['--config', `${folder}/bad.xml`], /bad\.xml cannot be loaded[\s\S]*nonsense/],
        ['a document that is cut off', ['--config', `${folder}/torn.xml`], /torn\.xml cannot be loaded/],
        ['a YANG module with a mistake', ['--yang-path', `${folder}/yang`], /broken\.yang:4:\d+/],
      ];
      for (const [what, args, says] of refused) {
        const state = args.includes('--state') ? [] : ['--state', `${folder}/state`];
        const { code, text } = await start(['--no-lab', '--netconf', '127.0.0.1:0', ...state, ...args]);
        assert.ok(code !== 0, `${what}: it started`);
        assert.match(text, says, `${what}: ${text}`);
        assert.ok(!/^\s+at .*\(.*:\d+:\d+\)$/m.test(text), `${what}: a stack trace is no message:\n${text}`);
        rmSync(`${folder}/state`, { recursive: true, force: true });
      }
      const asUser = await run('setpriv', [
        ...['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, '--input-type=module', '-e'],
        `const { checkRoot } = await import('data:text/javascript,' + encodeURIComponent(${JSON.stringify(strippedCheck())})); try { checkRoot() } catch (e) { console.log(e.message, e.advice) }`,
      ]);
      assert.match(asUser, /has to run as root[\s\S]*sudo/);
      return [{ what: 'starts refused, each with its reason and advice', value: refused.length + 1 }];
    } finally {
      server.close();
      await router.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** checkRoot() as text: nobody may read the repository, which may be in a folder of root's. */
function strippedCheck(): string {
  const source = readFileSync(join(import.meta.dirname, '../../../src/start/checks.ts'), 'utf8');
  const error = /export class StartError[\s\S]*?\n}\n/.exec(source)?.[0] ?? '';
  const check = /export function checkRoot[\s\S]*?\n}\n/.exec(source)?.[0] ?? '';
  return (error + check).replaceAll(/: (string|void)(?=[,) {])/g, '').replace('readonly advice: string;', 'advice;');
}

function start(args: readonly string[]): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.once('close', (code) => resolve({ code, text }));
  });
}

export const cases: readonly Case[] = [refusals];
