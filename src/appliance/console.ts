/**
 * The router's shell on the console: a user of the router logs in with the password, over SSH on loopback like everybody else,
 * and has a few commands. The process belongs to nobody in particular: it can do what the user may by NETCONF, read the
 * log, and see the addresses of the machine.
 */
import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { Client, type ClientChannel } from 'ssh2';

const PORT = 830;
const END = ']]>]]>';
const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const IDLE_MS = 600_000;
const help = `show addresses    addresses of the management interface
show interfaces   interfaces of the router and their state
show software     slots and versions
show log [N]      the last N lines of the log (50)
restart           restarts the machine
factory-reset     forgets configuration, keys and logs, and restarts
exit
`;

/** What came and is no whole message yet; who waits for the next one. */
let received = '';
let answer: ((text: string) => void) | undefined;

process.stdout.write('login: ');
const terminal = createInterface({ input: process.stdin, output: process.stdout, terminal: true });
const lines = terminal[Symbol.asyncIterator]();
const user = await line();
terminal.setPrompt('');
// Not echoed: readline writes through this.
const echo = terminal as unknown as { _writeToOutput: (text: string) => void };
const shown = echo._writeToOutput.bind(terminal);
process.stdout.write('password: ');
echo._writeToOutput = () => undefined;
const password = await line();
echo._writeToOutput = shown;
process.stdout.write('\r\n');

const client = new Client();
const session = await login().catch((error: Error) => leave(`Login refused: ${error.message}`));
terminal.setPrompt(`${user}> `);
let idle = setTimeout(leave, IDLE_MS, 'Nobody was there.');
for (;;) {
  terminal.prompt();
  const words = (await line()).trim().split(/\s+/);
  clearTimeout(idle);
  idle = setTimeout(leave, IDLE_MS, 'Nobody was there.');
  if (words[0] === 'exit') leave('');
  try {
    print(await command(words));
  } catch (error) {
    print((error as Error).message);
  }
}

async function command([verb = '', what = '', count = '50']: readonly string[]): Promise<string> {
  switch (`${verb} ${what}`.trim()) {
    case '':
      return '';
    case 'show addresses':
      return Object.entries(networkInterfaces())
        .flatMap(([name, addresses]) => (addresses ?? []).map(({ cidr }) => `${name.padEnd(16)} ${cidr}`))
        .join('\n');
    case 'show interfaces':
      return table(
        await rpc(
          get(
            '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name/><oper-status/></interface></interfaces>',
          ),
        ),
        'interface',
        ['name', 'oper-status'],
      );
    case 'show software':
      return table(await rpc(get('<software xmlns="urn:sluice:yang:sluice-software"/>')), 'slot', [
        'name',
        'state',
        'version',
      ]);
    case 'show log':
      return spawnSync('journalctl', ['--no-pager', '-n', String(Number(count) || 50)], { encoding: 'utf8' }).stdout;
    case 'restart':
      return await rpc('<system-restart xmlns="urn:ietf:params:xml:ns:yang:ietf-system"/>').then(
        () => 'The machine restarts.',
      );
    case 'factory-reset': {
      process.stdout.write('Everything that was configured will be gone. Type yes: ');
      if ((await line()).trim() !== 'yes') return 'Nothing was done.';
      await rpc('<factory-reset xmlns="urn:ietf:params:xml:ns:yang:ietf-factory-default"/>');
      return 'The machine restarts.';
    }
    default:
      return help;
  }
}

async function line(): Promise<string> {
  const { value, done } = await lines.next();
  return done ? leave('') : value;
}

function print(text: string): void {
  if (text !== '') process.stdout.write(`${text.trimEnd().replaceAll(/\r?\n/g, '\r\n')}\r\n`);
}

function leave(text: string): never {
  print(text);
  process.exit(0);
}

function login(): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('close', () => leave('The session has ended.'));
    client.on('ready', () =>
      client.subsys('netconf', (error, channel) => {
        if (error !== undefined) return reject(error);
        channel.write(
          `<hello xmlns="${BASE}"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>${END}`,
        );
        resolve(channel);
      }),
    );
    client.connect({ host: '127.0.0.1', port: PORT, username: user, password, readyTimeout: 120_000 });
  });
}

function rpc(operation: string): Promise<string> {
  return new Promise((resolve, reject) => {
    session.removeAllListeners('data');
    answer = (text) => {
      if (text.includes('<hello')) return;
      answer = undefined;
      const error = /<error-message[^>]*>([^<]*)/.exec(text)?.[1];
      if (error !== undefined) reject(new Error(error));
      else resolve(text);
    };
    session.on('data', (bytes: Buffer) => {
      received += bytes.toString('utf8');
      for (let end = received.indexOf(END); end >= 0; end = received.indexOf(END)) {
        const message = received.slice(0, end);
        received = received.slice(end + END.length);
        answer?.(message);
      }
    });
    session.write(`<rpc message-id="1" xmlns="${BASE}">${operation}</rpc>${END}`);
  });
}

function get(filter: string): string {
  return `<get><filter type="subtree">${filter}</filter></get>`;
}

/** A line for each element of that name, with those leaves of it. */
function table(reply: string, element: string, leaves: readonly string[]): string {
  const entries = [...reply.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))];
  return entries
    .map(([, entry = '']) =>
      leaves.map((leaf) => (new RegExp(`<${leaf}>([^<]*)<`).exec(entry)?.[1] ?? '').padEnd(24)).join(' '),
    )
    .join('\n');
}
