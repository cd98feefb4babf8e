/**
 * Turns the control plane's TypeScript below a folder into JavaScript, in place: types are blanked out, so that lines and
 * columns stay, and imports name the new files. Node would do the first half at every start, which a machine under emulation
 * takes half a minute for.
 *
 *   node images/strip.ts FOLDER
 */
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node images/strip.ts FOLDER');
/** `from './x.ts'`, `import './x.ts'`, `import('./x.ts')` and `new URL('x.ts', import.meta.url)` of our own files. */
const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\()'([^':]+)\.ts'/g;
for (const file of globSync(`${folder}/**/*.ts`)) {
  if (!file.endsWith('.d.ts')) {
    const script = stripTypeScriptTypes(readFileSync(file, 'utf8')).replace(IMPORT, "$1'$2.js'");
    writeFileSync(file.replace(/\.ts$/, '.js'), script);
  }
  rmSync(file);
}
