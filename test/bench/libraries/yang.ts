/** `node yang.ts yang-js|sluice`: prints what the library makes of 30 modules and of verdict-cases.ts, as JSON. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyEdit } from '../../../src/commit/edit/apply.ts';
import { compileConstraints } from '../../../src/commit/validate/compile.ts';
import { validate } from '../../../src/commit/validate/validate.ts';
import { IndexPlan } from '../../../src/datastore/index-plan.ts';
import { KeySpace } from '../../../src/datastore/key/key.ts';
import { rowsFromData } from '../../../src/datastore/row/from-data.ts';
import { Overlay } from '../../../src/datastore/view/overlay.ts';
import { EmptyView } from '../../../src/datastore/view/source.ts';
import { moduleFolders } from '../../../src/features/modules.ts';
import { readJson } from '../../../src/yang/codec/json-reader.ts';
import { FaultError } from '../../../src/yang/fault.ts';
import { inlineSchema } from '../../../src/yang/schema/inline.ts';
import { loadSchema } from '../../../src/yang/schema/load.ts';
import type { Schema } from '../../../src/yang/schema/node.ts';
import { verdictCases } from './verdict-cases.ts';

/** What a router of this kind serves or imports. */
const routerModules = [
  'ietf-yang-types',
  'ietf-inet-types',
  'ietf-interfaces',
  'ietf-ip',
  'iana-if-type',
  'ietf-routing',
  'ietf-ipv4-unicast-routing',
  'ietf-ipv6-unicast-routing',
  'ietf-keystore',
  'ietf-netconf',
  'ietf-netconf-acm',
  'ietf-netconf-monitoring',
  'ietf-netconf-notifications',
  'ietf-netconf-with-defaults',
  'ietf-netconf-partial-lock',
  'ietf-netconf-nmda',
  'ietf-datastores',
  'ietf-origin',
  'ietf-yang-library',
  'ietf-yang-metadata',
  'ietf-system',
  'iana-crypt-hash',
  'ietf-hardware',
  'iana-hardware',
  'ietf-alarms',
  'ietf-x509-cert-to-name',
  'ietf-subscribed-notifications',
  'ietf-yang-push',
  'ietf-restconf',
  'ietf-yang-patch',
];
const entries = 10_000;

export interface YangFigures {
  readonly modules: number;
  readonly loaded: number;
  readonly failures: readonly string[];
  readonly verdicts: number;
  readonly wrong: readonly string[];
  readonly cpuMs: number;
  readonly heapMiB: number;
  readonly oneMoreMs: number;
}

/** All modules of the router's path under their plain names; the first folder that has one counts. */
function plainFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-libraries-'));
  for (const from of [...moduleFolders].reverse()) {
    for (const file of readdirSync(from)
      .filter((name) => name.endsWith('.yang'))
      .sort()) {
      copyFileSync(join(from, file), join(folder, file.replace(/@[\d-]+(?=\.yang$)/, '')));
    }
  }
  return folder;
}

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

interface Library {
  /** Throws where it cannot. */
  load(folder: string, name: string): void;
  isValid(body: string, data: unknown): boolean;
  /** Milliseconds of one more entry in a list of `entries`. */
  oneMore(): number;
}

const moduleText = (body: string): string => `module m { yang-version 1.1; namespace "urn:m"; prefix m; ${body} }`;
const listBody = 'container c { list l { key k; leaf k { type string; } leaf v { type string; } } }';

/** The parts of yang-js that are used. */
interface YangJs {
  import(file: string): unknown;
  parse(text: string): { eval(data: unknown): { get(path: string): { merge(data: unknown): unknown } } };
}

function yangJs(): Library {
  const Yang = createRequire(import.meta.url)('yang-js') as YangJs;
  return {
    load: (folder, name) => void Yang.import(join(folder, `${name}.yang`)),
    isValid: (body, data) => {
      try {
        Yang.parse(moduleText(body)).eval({ 'm:c': data });
        return true;
      } catch {
        return false;
      }
    },
    oneMore: () => {
      const l = Array.from({ length: entries }, (_, i) => ({ k: `e${i}`, v: 'x' }));
      const list = Yang.parse(moduleText(listBody)).eval({ 'm:c': { l } }).get('/m:c');
      const started = performance.now();
      list.merge({ l: [{ k: 'new', v: 'y' }] });
      return performance.now() - started;
    },
  };
}

/** yang-js keeps what it has loaded, too. */
const kept: Schema[] = [];

function sluice(): Library {
  return {
    load: (folder, name) => void kept.push(loadSchema({ paths: [folder], modules: [{ name, features: 'all' }] })),
    isValid: (body, data) => {
      try {
        const schema = inlineSchema([moduleText(body)]);
        const keys = new KeySpace(schema);
        const constraints = compileConstraints(schema);
        const before = new EmptyView(keys, new IndexPlan(keys, constraints.indexes));
        const after = new Overlay(before);
        const nodes = readJson(schema, schema, JSON.stringify({ 'm:c': data }), { mode: 'data' });
        applyEdit(after, keys, nodes);
        return validate(constraints, { before, after, rows: after.changes() }, { whole: true }).length === 0;
      } catch (error) {
        if (error instanceof FaultError) return false;
        throw error;
      }
    },
    oneMore: () => {
      const schema = inlineSchema([moduleText(listBody)]);
      const keys = new KeySpace(schema);
      const base = new Overlay(new EmptyView(keys, new IndexPlan(keys)));
      const rows = (l: readonly object[]) =>
        rowsFromData(keys, readJson(schema, schema, JSON.stringify({ 'm:c': { l } }), { mode: 'data' }));
      const all = Array.from({ length: entries }, (_, i) => ({ k: `e${i}`, v: 'x' }));
      for (const { key, node, row } of rows(all)) base.put(key, node, row);
      const started = performance.now();
      const view = new Overlay(base);
      for (const { key, node, row } of rows([{ k: 'new', v: 'y' }])) view.put(key, node, row);
      view.changes();
      return performance.now() - started;
    },
  };
}

const library = process.argv[2] === 'yang-js' ? yangJs() : sluice();
const folder = plainFolder();
const before = { cpu: cpu(), heap: process.memoryUsage().heapUsed };
const failures: string[] = [];
for (const name of routerModules) {
  try {
    library.load(folder, name);
  } catch (error) {
    failures.push(
      `${name}: ${String(error instanceof Error ? error.message : error)
        .split('\n')[0]
        ?.slice(0, 120)}`,
    );
  }
}
const cpuMs = cpu() - before.cpu;
globalThis.gc?.();
const heapMiB = (process.memoryUsage().heapUsed - before.heap) / 2 ** 20;
rmSync(folder, { recursive: true });
const wrong = verdictCases
  .filter(({ body, data, isValid }) => library.isValid(body, data) !== isValid)
  .map(({ what }) => what);
const figures: YangFigures = {
  modules: routerModules.length,
  loaded: routerModules.length - failures.length,
  failures,
  verdicts: verdictCases.length,
  wrong,
  cpuMs,
  heapMiB,
  oneMoreMs: library.oneMore(),
};
process.stdout.write(`\n${JSON.stringify(figures)}\n`);
process.exit(0);
