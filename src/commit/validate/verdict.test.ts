/**
 * Random documents, valid and not, of our modules, of standard ones and of one with every statement of RFC 7950: what
 * yanglint accepts we accept, and read the same values from; what it refuses we refuse. The seed is fixed unless FUZZ_SEED
 * says otherwise: a failure may be libyang's, whose mistakes are kept out of the documents or listed below.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { IndexPlan } from '../../datastore/index-plan.ts';
import { KeySpace } from '../../datastore/key/key.ts';
import { atOnce } from '../../datastore/reading/steps.ts';
import { Overlay } from '../../datastore/view/overlay.ts';
import { EmptyView } from '../../datastore/view/source.ts';
import { readXml } from '../../yang/data/example/example.ts';
import { random } from '../../yang/data/example/random.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { type Fault, FaultError } from '../../yang/fault.ts';
import { loadSchema, type ModuleRequest } from '../../yang/schema/load.ts';
import type { Schema } from '../../yang/schema/node.ts';
import { DocumentMaker } from '../../yang/testing/document.ts';
import { ALL_FOLDERS, moduleFiles, OWN_MODULES, skipWithoutYanglint as skip } from '../../yang/testing/yanglint.ts';
import { applyEdit } from '../edit/apply.ts';
import { settleConditions } from '../edit/conditions.ts';
import { changeOf } from '../testing/fixture.ts';
import { compileConstraints } from './compile.ts';
import { validate } from './validate.ts';

const PATHS = [join(import.meta.dirname, 'fixture'), ...ALL_FOLDERS];
const CASES = Number(process.env['FUZZ_CASES'] ?? 100);
const folder = mkdtempSync(join(tmpdir(), 'sluice-verdict-'));
after(() => rmSync(folder, { recursive: true }));

interface Subject {
  readonly modules: readonly ModuleRequest[];
  /** Whose top-level nodes the documents have; all of them where left out. */
  readonly of?: readonly string[];
}

const every = ['every-statement', 'every-statement-other'] as const;
const all = (...names: readonly string[]): ModuleRequest[] => names.map((name) => ({ name, features: 'all' }));
const standard = ['ietf-interfaces', 'iana-if-type', 'ietf-ip', 'ietf-netconf-acm', 'iana-crypt-hash', 'ietf-system'];
const own = moduleFiles(OWN_MODULES)
  .map((file) => file.replace(/(?:@.*)?\.yang$/, ''))
  .filter((name) => !/notifications$/.test(name));
const SUBJECTS: Readonly<Record<string, Subject>> = {
  'our own modules': {
    modules: [{ name: 'ietf-yang-library', revision: '2019-01-04', features: 'all' }, ...all(...own, ...standard)],
    of: [...own, ...standard],
  },
  'standard modules': {
    modules: all(
      ...standard,
      ...[
        'ietf-routing',
        'ietf-ipv4-unicast-routing',
        'ietf-ipv6-unicast-routing',
        'ietf-hardware',
        'iana-hardware',
        'ietf-alarms',
      ],
    ),
  },
  'every statement': {
    modules: [{ name: every[0], features: ['one', 'two'] }, { name: every[1] }],
    of: [every[0]],
  },
  'every statement, augmented and deviated': {
    modules: [{ name: every[0], features: ['one', 'two'] }, { name: every[1] }, { name: 'every-statement-augment' }],
    of: [every[0], 'every-statement-augment'],
  },
};

/** Verdicts, with the features of our schema, and of what is accepted, what yanglint prints. It is started anew where it crashes, which is no verdict. */
function theirs(
  schema: Schema,
  modules: readonly ModuleRequest[],
  documents: readonly string[],
): ({ ok: boolean; xml: string } | undefined)[] {
  // One command each: yanglint reads lines of 4,096 bytes.
  const load = modules.map(({ name, revision }) => {
    const features = [...(schema.modules.get(name)?.features ?? [])].join(',');
    return `load -F ${name}:${features} ${revision ? `${name}@${revision}` : name}`;
  });
  const found: ({ ok: boolean; xml: string } | undefined)[] = [];
  for (const [index, document] of documents.entries()) writeFileSync(join(folder, `${index}.xml`), document);
  const out = (index: number) => join(folder, `${index}.out`);
  for (let from = 0; from < documents.length; ) {
    for (let index = from; index < documents.length; index++) rmSync(out(index), { force: true });
    const commands = documents
      .slice(from)
      .map((_, at) => `data -t config -f xml -o ${out(from + at)} ${join(folder, `${from + at}.xml`)}`);
    const input = `${[...PATHS.map((path) => `searchpath ${path}`), ...load, ...commands].join('\n')}\n`;
    const { status, stderr } = spawnSync('yanglint', { input, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
    assert.doesNotMatch(stderr, /Parsing schema module|Loading module .* failed/, stderr.slice(0, 2000));
    let index = from;
    for (; index < documents.length; index++) {
      let xml: string;
      try {
        xml = readFileSync(out(index), 'utf8');
      } catch {
        break;
      }
      found.push({ ok: xml !== '', xml });
    }
    // The one whose output was opened last is the one that it died of.
    if (status !== 0 && index > from) found[index - 1] = undefined;
    else if (status !== 0 && index === from) throw new Error(`yanglint does not start: ${stderr.slice(0, 2000)}`);
    from = index;
  }
  return found;
}

/** What is wrong with a document, and its nodes where it can be read. */
function judge(
  schema: Schema,
  index: ReturnType<typeof compileConstraints>,
  empty: EmptyView,
  xml: string,
): { faults: readonly Fault[]; nodes: readonly DataNode[] } {
  let nodes: readonly DataNode[] = [];
  try {
    nodes = readXml(schema, xml, { mode: 'edit' });
    const overlay = new Overlay(empty);
    const { conditional } = applyEdit(overlay, empty.keys, nodes, { defaultOperation: 'replace' });
    const { faults } = atOnce(settleConditions(index, overlay, overlay.changes(), conditional));
    return { faults: [...faults, ...validate(index, changeOf(overlay), { whole: true })], nodes };
  } catch (error) {
    if (error instanceof FaultError) return { faults: error.faults, nodes };
    throw error;
  }
}

/** In schema order, as far as libyang keeps apart: without empty containers. */
function plain(nodes: readonly DataNode[]): unknown[] {
  return nodes
    .toSorted((a, b) => a.schema.index - b.schema.index || order(a, b))
    .flatMap(({ schema, value, xml, children }) => {
      const inside = plain(children ?? []);
      if (schema.kind === 'container' && !schema.presence && inside.length === 0) return [];
      return [[schema.path, value, xml === undefined ? undefined : xml.replace(/\s+/g, ''), inside]];
    });
}

/** Entries that the system orders stand in any order. */
function order(a: DataNode, b: DataNode): number {
  if ((a.schema.kind !== 'list' && a.schema.kind !== 'leaf-list') || a.schema.orderedByUser) return 0;
  const id = (node: DataNode) =>
    node.value ??
    JSON.stringify(
      node.schema.kind === 'list'
        ? node.schema.keys.map((key) => node.children?.find((child) => child.schema === key)?.value)
        : '',
    );
  return id(a) < id(b) ? -1 : id(a) > id(b) ? 1 : 0;
}

for (const [name, { modules, of }] of Object.entries(SUBJECTS)) {
  test(`the verdict on ${CASES} documents is yanglint's: ${name}`, { skip }, (context) => {
    const generator = random(Number(process.env['FUZZ_SEED'] ?? 1));
    context.diagnostic(`FUZZ_SEED=${generator.seed}`);
    const schema = loadSchema({ paths: PATHS, modules });
    const index = compileConstraints(schema);
    const keys = new KeySpace(schema);
    const empty = new EmptyView(keys, new IndexPlan(keys, index.indexes));
    const names = new Set(of ?? modules.map((module) => module.name));
    const document = (at: number) => {
      const options = { wrong: 20 + (at % 5) * 80, density: 1 + (at % 7), depth: 8 };
      return new DocumentMaker(schema, generator, options).make(names);
    };
    // Every other one is sought among those that we accept: most others are not valid.
    const documents = Array.from({ length: CASES }, (_, at) => {
      let xml = document(at);
      for (let tries = 0; at % 2 === 0 && tries < 40; tries++) {
        if (xml !== '' && judge(schema, index, empty, xml).faults.length === 0) break;
        xml = document(at);
      }
      return xml;
    }).filter((xml) => xml !== '');
    const verdicts = theirs(schema, modules, documents);
    const counts = { valid: 0, invalid: 0, none: 0 };
    const wrong: string[] = [];
    documents.forEach((xml, at) => {
      const verdict = verdicts[at];
      if (verdict === undefined) {
        counts.none++;
        return;
      }
      const { faults, nodes } = judge(schema, index, empty, xml);
      counts[verdict.ok ? 'valid' : 'invalid']++;
      if (verdict.ok !== (faults.length === 0)) {
        const reasons = faults.map(({ tag, path, message }) => `${tag} ${path}: ${message}`).join('; ');
        wrong.push(`yanglint ${verdict.ok ? 'accepts' : 'refuses'}, ours: ${reasons || 'accepted'}\n    ${xml}`);
      } else if (verdict.ok) {
        const [one, other] = [plain(nodes), plain(readXml(schema, verdict.xml, { mode: 'edit' }))];
        if (JSON.stringify(one) !== JSON.stringify(other))
          wrong.push(`read otherwise: ${JSON.stringify(one)}\n  ${JSON.stringify(other)}\n    ${xml}`);
      }
    });
    context.diagnostic(JSON.stringify(counts));
    assert.equal(wrong.length, 0, `${wrong.length} of ${documents.length}\n${wrong.slice(0, 12).join('\n')}`);
    assert.ok(counts.valid > CASES / 10 && counts.invalid > CASES / 10, JSON.stringify(counts));
  });
}
