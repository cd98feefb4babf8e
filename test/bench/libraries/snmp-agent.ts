/** The agent of npm's net-snmp, with a table: `node snmp-agent.ts PORT ROWS`. Says `ready`, and its engineBoots and engineTime. */
import { createRequire } from 'node:module';

interface Agent {
  getAuthorizer(): { addCommunity(name: string): void };
  getMib(): { addTableRow(table: string, row: readonly unknown[]): void };
  registerProvider(provider: object): void;
  readonly engine: { readonly engineBoots: number; readonly engineTime: number };
}
interface NetSnmp {
  createAgent(options: object, callback: (error: Error | null) => void): Agent;
  readonly MibProviderType: { readonly Table: number; readonly Scalar: number };
  readonly ObjectType: { readonly Integer: number; readonly OctetString: number; readonly Counter: number };
  readonly MaxAccess: Readonly<Record<string, number>>;
}

const snmp = createRequire(import.meta.url)('net-snmp') as NetSnmp;
const [port, rows] = process.argv.slice(2).map(Number);
const agent = snmp.createAgent({ port, address: '127.0.0.1' }, () => undefined);
agent.getAuthorizer().addCommunity('bench');
agent.registerProvider({
  name: 'ifTable',
  type: snmp.MibProviderType.Table,
  oid: '1.3.6.1.2.1.2.2.1',
  maxAccess: snmp.MaxAccess['not-accessible'],
  tableColumns: [
    { number: 1, name: 'ifIndex', type: snmp.ObjectType.Integer, maxAccess: snmp.MaxAccess['read-only'] },
    { number: 2, name: 'ifDescr', type: snmp.ObjectType.OctetString, maxAccess: snmp.MaxAccess['read-write'] },
    { number: 10, name: 'ifInOctets', type: snmp.ObjectType.Counter, maxAccess: snmp.MaxAccess['read-only'] },
  ],
  tableIndex: [{ columnName: 'ifIndex' }],
});
for (let row = 1; row <= (rows ?? 0); row++) agent.getMib().addTableRow('ifTable', [row, `e${row}`, row]);
process.stdout.write(`ready ${agent.engine.engineBoots} ${agent.engine.engineTime}\n`);
