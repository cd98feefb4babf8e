/** The command line of sluiced. What it shares with `npm start` has the same name and form. */
import { parseArgs } from 'node:util';
import { parseEndpoint, UsageError } from '../start/options.ts';

export interface SluicedOptions {
  readonly state: string;
  /** Sockets and what is gone with the process. */
  readonly run: string;
  readonly engineSocket: string;
  /** Where the listener `default` is to be; undefined: where the configuration has it. */
  readonly netconf: { readonly address: string; readonly port: number } | undefined;
  readonly config: string | undefined;
  readonly yangPaths: readonly string[];
  /** File descriptor on which a byte says that it is ready. */
  readonly readyFd: number | undefined;
}

export function parseSluicedOptions(args: readonly string[]): SluicedOptions {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      state: { type: 'string' },
      run: { type: 'string' },
      engine: { type: 'string' },
      netconf: { type: 'string' },
      config: { type: 'string' },
      'yang-path': { type: 'string', multiple: true },
      'ready-fd': { type: 'string' },
    },
  });
  const required = (name: 'state' | 'run' | 'engine'): string => {
    const value = values[name];
    if (value === undefined) throw new UsageError(`--${name} is missing`);
    return value;
  };
  return {
    state: required('state'),
    run: required('run'),
    engineSocket: required('engine'),
    netconf: values.netconf === undefined ? undefined : parseEndpoint(values.netconf),
    config: values.config,
    yangPaths: values['yang-path'] ?? [],
    readyFd: values['ready-fd'] === undefined ? undefined : Number(values['ready-fd']),
  };
}
