/** A client that asks for everything and hardly reads: what the server holds for it in memory. */
import ssh2 from 'ssh2';
import { memoryMb, type Subject } from './subject.ts';

const hello =
  '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>';
const readEveryMs = 200;
const lastsMs = 6000;

/** MB that the server's memory grew by at most while the client read a little of the reply now and then. */
export async function slowReader(subject: Subject, operation: string): Promise<number> {
  const { port, username, privateKey } = subject;
  const connection = new ssh2.Client();
  await new Promise<void>((resolve, reject) => {
    connection.once('ready', resolve).once('error', reject);
    connection.connect({ host: '127.0.0.1', port, username, privateKey });
  });
  const channel = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    connection.subsys('netconf', (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const before = memoryMb(subject);
  let most = before;
  channel.write(`${hello}<rpc message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${operation}</rpc>]]>]]>`);
  for (let waited = 0; waited < lastsMs; waited += readEveryMs) {
    await new Promise((resolve) => setTimeout(resolve, readEveryMs));
    channel.read();
    most = Math.max(most, memoryMb(subject));
  }
  connection.destroy();
  return most - before;
}
