/** begin-upload, upload-chunk, end-upload, abort-upload: a bundle within NETCONF. One at a time, whatever session it is of. */
import { randomInt } from 'node:crypto';
import type { Install, Slots } from '../../platform/slots/slots.ts';
import type { Upload } from '../../platform/slots/upload.ts';
import { build } from '../../yang/data/build.ts';
import { findValue } from '../../yang/data/find.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { type ErrorTag, FaultError } from '../../yang/fault.ts';
import type { Schema } from '../../yang/schema/node.ts';

type Input = readonly DataNode[];

export class Uploads {
  readonly #schema: Schema;
  readonly #tell: (install: Install) => void;

  constructor(schema: Schema, tell: (install: Install) => void) {
    this.#schema = schema;
    this.#tell = tell;
  }

  begin(slots: Slots, input: Input): readonly DataNode[] {
    if (slots.install.state === 'running') throw fault('in-use', 'a bundle is being installed');
    // Whoever resumes an upload says which one it means.
    const upload = slots.beginUpload(randomInt(1, 2 ** 32), Number(findValue(input, 'size')), this.#tell);
    return this.#output('begin-upload', { upload: String(upload.id) });
  }

  async chunk(slots: Slots, input: Input): Promise<readonly DataNode[]> {
    const upload = current(slots, input);
    const chunk = Buffer.from(findValue(input, 'data') ?? '', 'base64');
    await upload.put(Number(findValue(input, 'offset')), chunk);
    return this.#output('upload-chunk', { 'next-offset': String(upload.next) });
  }

  async end(slots: Slots, input: Input): Promise<void> {
    await current(slots, input).end(findValue(input, 'sha-256') ?? '');
  }

  async abort(slots: Slots, input: Input): Promise<void> {
    await current(slots, input).abort('the upload was aborted');
  }

  #output(name: string, data: Readonly<Record<string, string>>): readonly DataNode[] {
    const rpc = this.#schema.rpcs.get(`sluice-software:${name}`);
    if (rpc === undefined) throw new Error(`the schema has no rpc ${name}`);
    return build(rpc.output, data);
  }
}

function current({ upload, install }: Slots, input: Input): Upload {
  const id = Number(findValue(input, 'upload'));
  if (upload?.id === id && !upload.isOver) return upload;
  const last = upload?.id === id ? `: ${install.error ?? install.state}` : '';
  throw fault('data-missing', `upload ${id} is not, or is over${last}`);
}

function fault(tag: ErrorTag, message: string): FaultError {
  return new FaultError({ type: 'application', tag, message });
}
