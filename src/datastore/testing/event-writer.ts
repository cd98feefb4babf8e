/** Records an event every two milliseconds until it is killed: `node event-writer.ts FOLDER`. Prints the number of each. */
import { setInterval } from 'node:timers/promises';
import { EventLog } from '../event-log.ts';
import { Environment } from '../lmdb/environment.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node event-writer.ts FOLDER');
const log = new EventLog(await Environment.open({ folder }));
for await (const _ of setInterval(2)) console.log(log.append(Date.now(), 'm:n', `<e>${log.last + 1}</e>`));
