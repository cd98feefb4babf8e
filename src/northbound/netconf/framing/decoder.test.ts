import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChunkedDecoder } from './chunked.ts';
import { type Decoder, FramingError, type MessageSink } from './decoder.ts';
import { EndOfMessageDecoder } from './end-of-message.ts';

type MakeDecoder = (sink: MessageSink) => Decoder;
const chunked: MakeDecoder = (sink) => new ChunkedDecoder(sink);
const endOfMessage: MakeDecoder = (sink) => new EndOfMessageDecoder(sink);

/** All messages of the input, given in pieces of the sizes. */
function decode(make: MakeDecoder, input: Buffer, sizes: () => number): string[] {
  const messages: string[] = [];
  let pieces: Buffer[] = [];
  const decoder = make({
    data: (piece) => pieces.push(Buffer.from(piece)),
    end: () => {
      messages.push(Buffer.concat(pieces).toString());
      pieces = [];
    },
  });
  for (let at = 0; at < input.length; ) {
    const piece = input.subarray(at, at + sizes());
    at += piece.length;
    for (let done = 0; done < piece.length; ) {
      const next = decoder.decode(piece, done);
      assert.ok(next > done, 'progress');
      done = next;
    }
  }
  assert.equal(decoder.inMessage, false);
  return messages;
}

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe('ChunkedDecoder', () => {
  it('joins the chunks of a message', () => {
    const input = Buffer.from('\n#4\n<rpc\n#18\n message-id="102"\n\n##\n\n#1\nx\n##\n');
    for (const size of [1, 2, 3, 7, 1000]) {
      assert.deepEqual(
        decode(chunked, input, () => size),
        ['<rpc message-id="102"\n', 'x'],
      );
    }
  });

  for (const [bad, why] of [
    ['x', 'no line feed first'],
    ['\nx', 'no hash'],
    ['\n#x', 'no size'],
    ['\n#0\n', 'size zero'],
    ['\n#01\nx', 'leading zero'],
    ['\n# 1\nx', 'space'],
    ['\n#-1\nx', 'sign'],
    ['\n#+1\nx', 'sign'],
    ['\n#1x', 'letter in size'],
    ['\n#1\r\nx', 'carriage return'],
    ['\n#4294967296\n', 'size above 4294967295'],
    ['\n#99999999999999999999999999999999', 'endless size'],
    ['\n##\n', 'message without a chunk'],
    ['\n#1\nab', 'data beyond the size'],
    ['\n#1\na\n##x', 'end without line feed'],
    ['<?xml', 'no framing'],
  ] as const) {
    it(`refuses ${why}: ${JSON.stringify(bad)}`, () => {
      const decoder = new ChunkedDecoder({ data: () => undefined, end: () => undefined });
      assert.throws(() => {
        const input = Buffer.from(bad);
        for (let at = 0; at < input.length; ) at = decoder.decode(input, at);
      }, FramingError);
    });
  }

  it('takes the largest size', () => {
    const decoder = new ChunkedDecoder({ data: () => undefined, end: () => undefined });
    assert.doesNotThrow(() => decoder.decode(Buffer.from('\n#4294967295\nabc'), 0));
    assert.equal(decoder.inMessage, true);
  });
});

describe('EndOfMessageDecoder', () => {
  it('finds delimiters wherever the pieces are cut', () => {
    const input = Buffer.from('<a>]]></a>]]>]]><b>]]>]</b>]]>]]>]]>]]>]]]>]]>');
    for (let size = 1; size < input.length + 1; size++) {
      assert.deepEqual(
        decode(endOfMessage, input, () => size),
        ['<a>]]></a>', '<b>]]>]</b>', '', ']'],
      );
    }
  });
});

describe('both framings', () => {
  it('give back what was framed, cut at random', () => {
    const seed = Number(process.env['SLUICE_SEED'] ?? Date.now() % 1e9);
    console.log(`seed ${seed} (SLUICE_SEED repeats it)`);
    const next = random(seed);
    const alphabet = ']]>]]>\n#12ab<';
    for (let round = 0; round < 500; round++) {
      const messages = Array.from({ length: 1 + Math.floor(next() * 5) }, () =>
        Array.from({ length: 1 + Math.floor(next() * 30) }, () => alphabet[Math.floor(next() * alphabet.length)]).join(
          '',
        ),
      );
      const framed = messages.map((message) => {
        let out = '';
        for (let at = 0; at < message.length; ) {
          const piece = message.slice(at, at + 1 + Math.floor(next() * 10));
          out += `\n#${piece.length}\n${piece}`;
          at += piece.length;
        }
        return `${out}\n##\n`;
      });
      assert.deepEqual(
        decode(chunked, Buffer.from(framed.join('')), () => 1 + Math.floor(next() * 9)),
        messages,
      );
      const plain = messages.map((message) => message.replaceAll(']]>]]>', '')).filter((m) => !/\]$|\]>$/.test(m));
      const input = Buffer.from(plain.map((message) => `${message}]]>]]>`).join(''));
      const expected = input.toString().split(']]>]]>').slice(0, -1);
      assert.deepEqual(
        decode(endOfMessage, input, () => 1 + Math.floor(next() * 9)),
        expected,
      );
    }
  });

  it('end bad input with FramingError and nothing else', () => {
    const seed = Number(process.env['SLUICE_SEED'] ?? Date.now() % 1e9);
    console.log(`seed ${seed} (SLUICE_SEED repeats it)`);
    const next = random(seed);
    for (let round = 0; round < 2000; round++) {
      const input = Buffer.from(Array.from({ length: 40 }, () => Math.floor(next() * 256)));
      if (next() < 0.7) input.write('\n#9\n', 0);
      const decoder = new ChunkedDecoder({ data: () => undefined, end: () => undefined });
      try {
        for (let at = 0; at < input.length; ) at = decoder.decode(input, at);
      } catch (error) {
        assert.ok(error instanceof FramingError);
      }
    }
  });
});
