/** The command line of the demonstration. */
import { parseArgs } from 'node:util';
import { switchovers } from './events.ts';
import { methods } from './methods.ts';

/** What a switch in a virtual machine passes under emulation, beside all else. */
const VIRTUAL_PACKETS_PER_SECOND = 200;

export interface Options {
  readonly methods: readonly string[];
  /** Those that the method shows where none is asked for. */
  readonly events: readonly string[] | undefined;
  readonly ce: 'open-vswitch' | 'linux-bridge';
  readonly bfdMs: number;
  readonly trackingMs: number;
  readonly packetsPerSecond: number;
  readonly ageingSeconds: number;
  readonly isRevertive: boolean;
  readonly isJson: boolean;
}

const ces = ['open-vswitch', 'linux-bridge'] as const;
const events = switchovers.map(({ name }) => name);

const usage = `usage: npm run demo:switchover -- [OPTION …]
  --method NAME     ${Object.keys(methods).join(', ')}; all (the default): each in turn; again for several
  --event NAME      ${events.join(', ')}; again for several
  --ce NAME         open-vswitch, or linux-bridge: a VLAN-aware bridge in a QEMU guest
  --non-revertive   what moved to the other PE stays there
  --bfd MS          interval of BFD between the PEs, times 3 (100)
  --tracking MS     the same of core tracking, with the routers of the core (as --bfd, 100 at least)
  --ageing SECONDS  of the CE (30; Open vSwitch takes 15 at least)
  --pps N           frames a second in each VLAN and direction (1000; ${VIRTUAL_PACKETS_PER_SECOND} with linux-bridge)
  --json            {"events":[{"event","method","vlan","lossFromCeMs","lossToCeMs","otherVlansLost"}]}, and more in it`;

/** Ends the process with the usage, or with what is wrong. */
export function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      method: { type: 'string', multiple: true },
      event: { type: 'string', multiple: true },
      ce: { type: 'string', default: 'open-vswitch' },
      'non-revertive': { type: 'boolean', default: false },
      bfd: { type: 'string', default: '100' },
      tracking: { type: 'string' },
      ageing: { type: 'string', default: '30' },
      pps: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const ce = ces.find((name) => name === values.ce);
  // Not those that need a switch with bonds or spanning trees.
  const possible = Object.entries(methods).filter(
    ([, { attachment, spanningTree }]) =>
      ce === 'open-vswitch' || (attachment === undefined && spanningTree === undefined),
  );
  const names = possible.map(([name]) => name);
  const wanted = values.method?.includes('all') ? names : (values.method ?? names);
  const unknown = [
    ...(ce === undefined ? [values.ce] : []),
    ...wanted.filter((name) => !names.includes(name)),
    ...(values.event ?? []).filter((name) => !events.includes(name)),
    ...[values.bfd, values.tracking ?? '1', values.ageing, values.pps ?? '1'].filter(
      (text) => !(Number.isInteger(Number(text)) && Number(text) > 0),
    ),
  ];
  if (unknown.length > 0 || ce === undefined) {
    console.error(`not here, or not with this CE: ${unknown.join(', ')}\n${usage}`);
    process.exit(2);
  }
  return {
    methods: wanted,
    events: values.event,
    ce,
    bfdMs: Number(values.bfd),
    trackingMs: Number(values.tracking ?? Math.max(100, Number(values.bfd))),
    packetsPerSecond: Number(values.pps ?? (ce === 'open-vswitch' ? 1000 : VIRTUAL_PACKETS_PER_SECOND)),
    ageingSeconds: Number(values.ageing),
    isRevertive: !values['non-revertive'],
    isJson: values.json,
  };
}
