/** Captures frames in a namespace with tcpdump and decodes them with tshark: programs that we did not write. */
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { run, until } from '../lab/run.ts';

/** Of the file's global header. */
const headerBytes = 24;

export class Capture {
  readonly file: string;
  readonly #child: ChildProcess;

  private constructor(file: string, child: ChildProcess) {
    this.file = file;
    this.#child = child;
  }

  /**
   * Starts to capture what the device receives and sends; resolves once tcpdump listens. Everything: with a filter
   * `inbound` libpcap loses the first frame. `bursts`: for many frames at once, which tcpdump then
   * sees late and writes together.
   */
  static async start(namespace: string, device: string, file: string, { bursts = false } = {}): Promise<Capture> {
    const how = bursts ? ['-B', '65536'] : ['--immediate-mode'];
    const tcpdump = ['tcpdump', '-U', '-n', '-i', device, '-w', file, ...how];
    const args = ['netns', 'exec', namespace, ...tcpdump];
    const child = spawn('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('listening on')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`tcpdump ended with ${code}: ${said}`)));
    });
    // It says so before it is set up in full; the file's header is written after that.
    await until('the header of the capture file', 5000, () =>
      (statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= headerBytes ? true : undefined,
    );
    return new Capture(file, child);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGINT');
    await ended;
  }

  /** One line a frame with the fields, tab-separated. `more`: options of tshark. */
  async fields(filter: string, fields: readonly string[], more: readonly string[] = []): Promise<string[][]> {
    const wanted = fields.flatMap((field) => ['-e', field]);
    const text = await run('tshark', ['-n', '-r', this.file, '-Y', filter, '-T', 'fields', ...wanted, ...more]);
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t'));
  }

  /** The frames' bytes, in hexadecimal. */
  async frames(filter: string): Promise<string[]> {
    const text = await run('tshark', ['-n', '-r', this.file, '-Y', filter, '-T', 'json', '-x']);
    return (JSON.parse(text) as { _source: { layers: { frame_raw: [string] } } }[]).map(
      ({ _source }) => _source.layers.frame_raw[0],
    );
  }

  /** The whole decoding as text. */
  text(filter: string): Promise<string> {
    return run('tshark', ['-n', '-r', this.file, '-Y', filter, '-V']);
  }

  /** Frames of the filter that tshark finds malformed. */
  async malformed(filter: string): Promise<number> {
    return (await this.fields(`(${filter}) and _ws.malformed`, ['frame.number'])).length;
  }
}
