/**
 * What NETCONF costs, over SSH, beside netconfd in the same run on the same machine:
 *
 *     npm run bench:netconf -- [--section NAME]… [--count N] [--large N] [--json] [--no-peer] [--flag NODE-FLAG]…
 *
 * Sections are in netconf/measure.ts; `--section router` measures a whole router, engine and all, on its own. netconfd is
 * Debian's package of that name (`scripts/setup bench` installs it). Every section of a server runs in one process of it, in their order.
 */
import { parseArgs } from 'node:util';
import { type Figure, figureLine } from '../case.ts';
import { type Measured, measure, sections } from './netconf/measure.ts';
import { startNetconfd } from './netconf/netconfd.ts';
import { routerFigures } from './netconf/router.ts';
import { rowsOf } from './netconf/rows.ts';
import { startSluice } from './netconf/sluice.ts';
import { table } from './netconf/table.ts';

const { values } = parseArgs({
  options: {
    section: { type: 'string', multiple: true },
    count: { type: 'string', default: '10000' },
    large: { type: 'string', default: '100000' },
    json: { type: 'boolean' },
    'no-peer': { type: 'boolean' },
    flag: { type: 'string', multiple: true },
  },
});
const names = values.section ?? [...sections];
for (const name of names) {
  if (name !== 'router' && !sections.some((known) => known === name)) throw new Error(`no section ${name}`);
}
const wanted = sections.filter((name) => names.includes(name));
const sizes = { many: Number(values.count), large: Number(values.large) };
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function subjectFigures(): Promise<{
  ours: ReadonlyMap<string, Measured>;
  netconfd?: ReadonlyMap<string, Measured>;
}> {
  const sluice = await startSluice(values.flag ?? []);
  const ours = await measure(sluice, wanted, sizes, say).finally(() => sluice.stop());
  if (values['no-peer']) return { ours };
  const netconfd = await startNetconfd();
  if (netconfd === undefined) {
    say('netconfd is not installed (scripts/setup bench does that): ours stand alone');
    return { ours };
  }
  return { ours, netconfd: await measure(netconfd, wanted, sizes, say).finally(() => netconfd.stop()) };
}

const rows = rowsOf(sizes.many, sizes.large);
const results = wanted.length === 0 ? undefined : await subjectFigures();
const router: readonly Figure[] = names.includes('router') ? await routerFigures(sizes.many) : [];
if (values.json) {
  const comparison = rows.flatMap((row) => {
    const ours = results?.ours.get(row.id);
    return ours === undefined ? [] : [{ ...row, ours, measured: results?.netconfd?.get(row.id) }];
  });
  console.log(JSON.stringify({ comparison, router }, undefined, 2));
} else {
  if (results) console.log(table(rows, { ours: results.ours, netconfd: results.netconfd }));
  for (const figure of router) console.log(figureLine(figure));
}
