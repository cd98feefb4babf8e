/** The thread of BulkWriter: one message, one transaction. */
import { parentPort, workerData } from 'node:worker_threads';
import type { BulkAnswer, BulkRequest } from './bulk-writer.ts';
import { openRoot, type TableName, tableNames } from './environment.ts';
import { unpackWrites } from './packed-writes.ts';
import { Table } from './table.ts';

const root = openRoot(workerData as string, {});
const tables = Object.fromEntries(tableNames.map((name) => [name, new Table(root, name)])) as Record<TableName, Table>;

function write({ cleared, chunks }: BulkRequest): void {
  // Synchronous transactions are undone by an exception, and durable when they return.
  root.transactionSync(() => {
    for (const table of cleared) tables[table].clear();
    for (const chunk of chunks) {
      for (const [table, key, value] of unpackWrites(chunk)) {
        const into = tables[tableNames[table] as TableName];
        if (value === undefined) into.remove(key);
        else into.put(key, value);
      }
    }
  });
}

parentPort?.on('message', (request: BulkRequest | 'close') => {
  if (request === 'close') {
    parentPort?.close();
    void root.close();
    return;
  }
  let answer: BulkAnswer = {};
  try {
    write(request);
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(answer);
});
