/** Sets the password of the user admin, read from standard input, in running and startup: for the first login on the console. */
import { readFileSync } from 'node:fs';
import { ask } from './recovery-session.ts';

const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const password = readFileSync(0, 'utf8').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const system = `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><authentication><user><name>admin</name><password>$0$${password}</password></user></authentication></system>`;
try {
  await ask(`<edit-config><target><running/></target><config xmlns="${BASE}">${system}</config></edit-config>`);
  await ask('<copy-config><target><startup/></target><source><running/></source></copy-config>');
} catch (error) {
  process.stderr.write(`The password cannot be set: ${(error as Error).message}\r\n`);
  process.exit(1);
}
