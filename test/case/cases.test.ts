/** Runs every *.case.ts, one after the other. */
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Case, figureLine } from '../case.ts';

for (const file of globSync(`${import.meta.dirname}/*/*.case.ts`).sort()) {
  const { cases } = (await import(pathToFileURL(file).href)) as { cases: readonly Case[] };
  for (const one of cases) {
    test(`${one.id}: ${one.shows}`, async (t) => {
      for (const figure of await one.run()) t.diagnostic(figureLine(figure));
    });
  }
}
