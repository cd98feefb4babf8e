/** The options of `npm start --` and of sluiced, which share most of them. */
import { parseArgs } from 'node:util';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Where a new router listens. */
export const DEFAULT_ENDPOINT: Endpoint = { address: '127.0.0.1', port: 830 };

export interface Options {
  /** Folder of everything that lasts. */
  readonly state: string;
  /** Undefined: where the configuration has it, at first 127.0.0.1:830. */
  readonly netconf: Endpoint | undefined;
  /** XML instance document that is loaded as startup when the state folder is new. */
  readonly config: string | undefined;
  /** Folders with more YANG modules, served as configuration data without effect on the engine. */
  readonly yangPaths: readonly string[];
  /** Whether to build the lab and load the demo configuration. */
  readonly lab: boolean;
}

export const usage = `usage: npm start -- [options]

  --no-lab                no namespaces, no demo configuration
  --state DIR             folder of configuration, keys and logs (default: ./state)
  --netconf ADDRESS:PORT  where NETCONF over SSH listens: moves the listener "default" of the configuration, which a new
                          router has at 127.0.0.1:830 (IPv6 as [::1]:830; port 0: any free one)
  --config FILE           XML document with root <config>, loaded as startup configuration when the state folder is new
  --yang-path DIR         more YANG modules, served as configuration data (may be repeated)
  --help                  this text
`;

/** A wrong option: the message is for the one who typed it. */
export class UsageError extends Error {}

/** Undefined: help was asked for. */
export function parseOptions(args: readonly string[]): Options | undefined {
  let values: {
    'no-lab'?: boolean;
    state?: string;
    netconf?: string;
    config?: string;
    'yang-path'?: string[];
    help?: boolean;
  };
  try {
    ({ values } = parseArgs({
      args: [...args],
      strict: true,
      options: {
        'no-lab': { type: 'boolean' },
        state: { type: 'string' },
        netconf: { type: 'string' },
        config: { type: 'string' },
        'yang-path': { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return undefined;
  return {
    state: values.state ?? 'state',
    netconf: values.netconf === undefined ? undefined : parseEndpoint(values.netconf),
    config: values.config,
    yangPaths: values['yang-path'] ?? [],
    lab: !values['no-lab'],
  };
}

/** `192.0.2.1:830`, `[2001:db8::1]:830`, `localhost:830`. */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (address === undefined || port > 65535) {
    throw new UsageError(`--netconf ${text}: expected ADDRESS:PORT, such as 127.0.0.1:830 or [::1]:830`);
  }
  return { address, port };
}
