/** One rpc over the Unix socket of the recovery session (root alone), in NETCONF 1.0's framing (RFC 6242 section 4.3). */
import { createConnection } from 'node:net';

const SOCKET = '/run/sluice/netconf.sock';
const END = ']]>]]>';
const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const TRY_MS = 60_000;

/** Resolves with the reply; rejects with what its error says, or where nothing answers within a minute. */
export function ask(operation: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(SOCKET);
    let text = '';
    const fail = (message: string): void => {
      socket.destroy();
      reject(new Error(message));
    };
    socket.setTimeout(TRY_MS, () => fail('NETCONF does not answer'));
    socket.on('error', (error) => fail(`NETCONF: ${error.message}`));
    socket.on('close', () => fail('NETCONF closed the session'));
    socket.on('data', (bytes) => {
      text += bytes;
      const messages = text.split(END);
      if (messages.length < 3) return;
      const reply = messages[1] ?? '';
      if (reply.includes('<rpc-error')) return fail(/<error-message[^>]*>([^<]*)/.exec(reply)?.[1] ?? reply);
      resolve(reply);
      socket.destroy();
    });
    socket.write(
      `<hello xmlns="${BASE}"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>${END}`,
    );
    socket.write(`<rpc message-id="1" xmlns="${BASE}">${operation}</rpc>${END}`);
  });
}
