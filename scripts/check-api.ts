/**
 * The engine contract stays readable for those who speak an earlier state of it: what native/api/contract.txt records is
 * still there, or ApiVersion.MAJOR is another. Fields and values may be added freely.
 *
 *   node scripts/check-api.ts            fails on an incompatible change without a new major version
 *   node scripts/check-api.ts --record   writes down what the schema says now
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ScalarType } from '@bufbuild/protobuf';
import { ApiVersion, file_sluice } from '../src/engine/gen/sluice_pb.js';

const record = fileURLToPath(new URL('../native/api/contract.txt', import.meta.url));

const now = [`major ${ApiVersion.MAJOR}`, ...[...fields(), ...values()].sort()];
if (process.argv.includes('--record')) {
  writeFileSync(record, `${now.join('\n')}\n`);
  process.exit(0);
}
const recorded = readFileSync(record, 'utf8').trimEnd().split('\n');
const present = new Set(now);
const gone = recorded.filter((line) => !present.has(line));
if (gone.length > 0 && recorded[0] === now[0]) {
  console.error('the engine contract changed in a way that its earlier readers misunderstand:');
  for (const line of gone) console.error(`  was: ${line}`);
  console.error('raise ApiVersion.MAJOR, or keep it as it was; then scripts/check-api.ts --record');
  process.exit(1);
}
const added = now.filter((line) => !recorded.includes(line)).length;
console.log(`engine contract: ${recorded.length} fields and values as recorded, ${added} new`);

/** `Port.name = 1 string`, `Names.names = 1 repeated string`, `Operation.set_port = 1 message Port` */
function* fields(): Iterable<string> {
  for (const message of file_sluice.messages) {
    for (const field of message.fields) {
      const kind = field.fieldKind === 'list' ? `repeated ${field.listKind}` : field.fieldKind;
      const of =
        field.message?.name ??
        field.enum?.name ??
        (field.scalar === undefined ? '' : ScalarType[field.scalar].toLowerCase());
      yield `${message.name}.${field.name} = ${field.number} ${kind} ${of}`;
    }
  }
}

function* values(): Iterable<string> {
  for (const one of file_sluice.enums) {
    for (const value of one.values) if (one.name !== 'ApiVersion') yield `${one.name}.${value.name} = ${value.number}`;
  }
}
