/**
 * Imports go one way: yang ← datastore ← commit ← features ← northbound. Only `apply` and `state` of a feature (and
 * the wiring in main) reach engine and platform; types of planned operations may be imported by everybody in features.
 * Prints every import against the flow and ends with 1 where there is one.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What each folder below src may import, besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  yang: [],
  datastore: ['yang'],
  commit: ['yang', 'datastore'],
  engine: ['yang', 'datastore', 'commit'],
  platform: ['yang', 'datastore', 'commit'],
  features: ['yang', 'datastore', 'commit'],
  northbound: ['yang', 'datastore', 'commit', 'features'],
};
/** Files of a feature that act or look: they reach engine and platform. */
const acting = /^src\/features\/[^/]+\/(apply|state|events)(\.test)?\.ts$/;

let wrong = 0;
const files = globSync('src/**/*.ts').sort();
for (const file of files) {
  const from = folderOf(file);
  const rules = allowed[from];
  if (rules === undefined) continue; // The wiring: main.ts, start.
  let isTypes = false; // within an import of types over several lines
  for (const [line, text] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (/^(import|export) /.test(text)) isTypes = /^(import|export) type /.test(text);
    const match = /^(?:import|export)\s+(type\s)?.*from '(\.[^']+)'|^} from '(\.[^']+)'/.exec(text);
    const target = match?.[2] ?? match?.[3];
    if (target === undefined) continue;
    const to = folderOf(relative('.', join(dirname(file), target)));
    if (to === from || rules.includes(to)) continue;
    const isTest = file.endsWith('.test.ts');
    const reaches = to === 'engine' || to === 'platform';
    if (from === 'features' && reaches && (acting.test(file) || isTypes || target.includes('/engine/gen/'))) {
      continue;
    }
    if (isTest && to !== 'northbound') continue;
    console.error(`${file}:${line + 1}: ${from} must not import ${to}`);
    wrong++;
  }
}
console.log(`imports of ${files.length} files checked, ${wrong} against the flow`);
process.exit(wrong === 0 ? 0 : 1);

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}
