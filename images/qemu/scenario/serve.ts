/** Serves bundles to a machine in QEMU, which sees this machine at 10.0.2.2. */
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';

export interface Serving {
  readonly url: string;
  readonly close: () => void;
}

/** @param flip offset of a byte that arrives with a bit flipped */
export async function serve(file: string, flip?: number): Promise<Serving> {
  const server = createServer((_request, response) => {
    response.setHeader('content-length', statSync(file).size);
    const source = createReadStream(file);
    response.on('close', () => source.destroy());
    if (flip === undefined) return source.pipe(response);
    let at = 0;
    const flipped = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        if (at <= flip && flip < at + chunk.length) chunk.writeUInt8(chunk.readUInt8(flip - at) ^ 4, flip - at);
        at += chunk.length;
        done(null, chunk);
      },
    });
    return source.pipe(flipped).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://10.0.2.2:${(server.address() as AddressInfo).port}/bundle`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
