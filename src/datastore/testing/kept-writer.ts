/** As a process: counts in a datastore's folder, and says each number once it is written. */
import { KeptValues } from '../kept-values.ts';
import { Environment } from '../lmdb/environment.ts';

const kept = new KeptValues(await Environment.open({ folder: process.argv[2] as string }));
for (let count = 1; ; count += 1) {
  await kept.write('writer', new Map([['count', String(count)]]));
  process.stdout.write(`${count}\n`);
}
