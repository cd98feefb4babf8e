/** The rpcs of sluice-software, and those of ietf-system and ietf-factory-default that only an appliance can answer. */
import type { Install, Slots } from '../../platform/slots/slots.ts';
import { build } from '../../yang/data/build.ts';
import { findValue } from '../../yang/data/find.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import { type Departing, Departure, type DepartureParts } from './departure.ts';
import { Uploads } from './uploads.ts';

/** The machine, as far as an appliance has it in its hands. */
export interface Appliance {
  readonly slots: Slots;
  /** Opens the bundle; rejects where there is none. */
  readonly fetch: (url: string) => Promise<AsyncIterable<Buffer>>;
  /** Restarts the machine, shortly after the reply. */
  readonly restart: () => void;
  readonly shutDown: () => void;
  /** The next start finds the data partition as the factory left it. */
  readonly forgetEverything: () => void;
}

export interface SoftwareReply {
  /** Nothing: the rpc has no output. */
  readonly output?: readonly DataNode[];
  /** Done once the reply is sent. */
  readonly after?: () => void;
}

export type SoftwareOperation = (input: readonly DataNode[]) => Promise<SoftwareReply>;

export interface SoftwareParts extends DepartureParts {
  /** Undefined: the router does not run from an image. */
  readonly appliance: Appliance | undefined;
}

const PROGRESS = 'sluice-software:install-progress';

export function softwareOperations(parts: SoftwareParts): readonly [string, SoftwareOperation][] {
  const { schema, appliance, publish } = parts;
  const progress = schema.notifications.get(PROGRESS);
  if (progress === undefined) throw new Error(`the schema has no ${PROGRESS}`);
  let toldPercent = 0;
  /** A notification for every tenth, and for each change of the state. */
  const tell = ({ state, version, percent, error }: Install): void => {
    if (state === 'running' && percent > 0 && percent < toldPercent + 10) return;
    toldPercent = percent;
    publish({
      node: progress,
      children: build(progress, { state, version, progress: String(percent), error }),
      at: new Date(),
    });
  };
  const on =
    (work: (machine: Appliance, input: readonly DataNode[]) => Promise<SoftwareReply>): SoftwareOperation =>
    async (input) => {
      if (appliance === undefined) {
        const message = 'the router does not run from an image of its own';
        throw new FaultError({ type: 'application', tag: 'operation-not-supported', message });
      }
      try {
        return await work(appliance, input);
      } catch (error) {
        if (error instanceof FaultError) throw error;
        throw new FaultError({ type: 'application', tag: 'operation-failed', message: (error as Error).message });
      }
    };
  const uploads = new Uploads(schema, tell);
  const departure = new Departure(parts);
  /** Of the standard's rpcs the reply stays `ok`; ours tell what became of the segments. */
  const departing = (
    path: string,
    how: (machine: Appliance) => Omit<Departing, 'operation'>,
  ): [string, SoftwareOperation] => {
    const operation = path.slice(path.indexOf(':') + 1) as Departing['operation'];
    const rpc = schema.rpcs.get(path);
    if (rpc === undefined) throw new Error(`the schema has no rpc ${path}`);
    return [
      path,
      on(async (machine, input) => {
        const { outcome, after } = await departure.begin({ operation, ...how(machine) }, input);
        return path.startsWith('sluice-software:') ? { output: build(rpc.output, outcome), after } : { after };
      }),
    ];
  };
  return [
    [
      'sluice-software:install-bundle',
      on(async ({ slots, fetch }, input) => {
        const source = await fetch(findValue(input, 'url') ?? '');
        await new Promise<void>((resolve, reject) => {
          // Its version is known when its signature was right.
          const installed = slots.installFrom(source, (install) => {
            tell(install);
            if (install.state === 'running' && install.version !== undefined) resolve();
          });
          installed.then(resolve, reject);
        });
        return {};
      }),
    ],
    ['sluice-software:begin-upload', on(async ({ slots }, input) => ({ output: uploads.begin(slots, input) }))],
    ['sluice-software:upload-chunk', on(async ({ slots }, input) => ({ output: await uploads.chunk(slots, input) }))],
    [
      'sluice-software:end-upload',
      on(async ({ slots }, input) => {
        await uploads.end(slots, input);
        return {};
      }),
    ],
    [
      'sluice-software:abort-upload',
      on(async ({ slots }, input) => {
        await uploads.abort(slots, input);
        return {};
      }),
    ],
    [
      'sluice-software:confirm-slot',
      on(async ({ slots }) => {
        slots.confirm();
        return {};
      }),
    ],
    departing('sluice-software:try-slot', ({ slots, restart }) => ({
      check: () => slots.checkOther(),
      prepare: () => slots.tryOther(),
      go: restart,
    })),
    departing('sluice-software:rollback-slot', ({ slots, restart }) => ({
      check: () => slots.checkOther(),
      prepare: () => slots.returnToOther(),
      go: restart,
    })),
    departing('ietf-system:system-restart', ({ restart }) => ({ go: restart })),
    departing('ietf-system:system-shutdown', ({ shutDown }) => ({ go: shutDown })),
    departing('ietf-factory-default:factory-reset', ({ forgetEverything, restart }) => ({
      prepare: forgetEverything,
      go: restart,
    })),
  ];
}
