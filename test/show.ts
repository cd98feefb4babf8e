/**
 * npm run show -- [ID …] [--json]: runs the cases (all, or those named) and prints their figures.
 */
import { globSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type Case, figureLine } from './case.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const all: Case[] = [];
for (const file of globSync(`${import.meta.dirname}/case/*/*.case.ts`).sort()) {
  const { cases } = (await import(pathToFileURL(file).href)) as { cases: readonly Case[] };
  all.push(...cases);
}
const unknown = positionals.filter((id) => !all.some((one) => one.id === id));
if (unknown.length > 0) {
  console.error(`no case ${unknown.join(', ')}; there are:`);
  for (const one of all) console.error(`  ${one.id.padEnd(24)} ${one.shows}`);
  process.exit(2);
}

const results = [];
for (const one of all.filter(({ id }) => positionals.length === 0 || positionals.includes(id))) {
  if (!values.json) console.log(`\n${one.id}: ${one.shows}`);
  try {
    const figures = await one.run();
    results.push({ id: one.id, shows: one.shows, passed: true, figures });
    if (!values.json) for (const figure of figures) console.log(`  ${figureLine(figure)}`);
  } catch (error) {
    results.push({ id: one.id, shows: one.shows, passed: false, error: String(error) });
    if (!values.json) console.log(`  FAILED: ${error instanceof Error ? error.stack : error}`);
  }
}
if (values.json) console.log(JSON.stringify({ cases: results }, undefined, 2));
process.exit(results.every((result) => result.passed) ? 0 : 1);
