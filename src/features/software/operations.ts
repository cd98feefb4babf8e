/** The rpcs of sluice-software, and those of ietf-system and ietf-factory-default that only an appliance can answer. */
import type { Install, Slots } from '../../platform/slots/slots.ts';
import { build } from '../../yang/data/build.ts';
import { findValue } from '../../yang/data/find.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import type { Schema } from '../../yang/schema/node.ts';
import type { Publish } from '../notification.ts';

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

/** What an rpc does; what is returned is done once the reply is sent. */
export type SoftwareOperation = (input: readonly DataNode[]) => Promise<(() => void) | undefined>;

const PROGRESS = 'sluice-software:install-progress';

export function softwareOperations(
  schema: Schema,
  appliance: Appliance | undefined,
  publish: Publish,
): readonly [string, SoftwareOperation][] {
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
    (work: (machine: Appliance, input: readonly DataNode[]) => Promise<(() => void) | undefined>): SoftwareOperation =>
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
        return undefined;
      }),
    ],
    [
      'sluice-software:try-slot',
      on(async ({ slots, restart }) => {
        slots.tryOther();
        return restart;
      }),
    ],
    [
      'sluice-software:confirm-slot',
      on(async ({ slots }) => {
        slots.confirm();
        return undefined;
      }),
    ],
    [
      'sluice-software:rollback-slot',
      on(async ({ slots, restart }) => {
        slots.returnToOther();
        return restart;
      }),
    ],
    ['ietf-system:system-restart', on(async ({ restart }) => restart)],
    ['ietf-system:system-shutdown', on(async ({ shutDown }) => shutDown)],
    [
      'ietf-factory-default:factory-reset',
      on(async ({ forgetEverything, restart }) => {
        forgetEverything();
        return restart;
      }),
    ],
  ];
}
