/** What a request of the master is answered with: pure, so that it is tested without a socket. */
import type { Mib } from '../mib/objects.ts';
import { type MasterPdu, PduType, type PduWriter, ResponseError, type SearchRange, type VarBind } from './pdu.ts';

/** A response that has this many bytes gets no further repetitions: the master asks again from where it ends. */
const ENOUGH_BYTES = 32_768;

/** Writes the response into the writer; false: the message is answered by nothing. */
export function answer(mib: Mib, pdu: MasterPdu, upTime: number, writer: PduWriter): boolean {
  const begin = (error: number, index: number): void => {
    writer.begin(PduType.response, pdu);
    writer.u32(upTime);
    writer.u32((error << 16) | index);
  };
  switch (pdu.type) {
    case 'get':
      begin(ResponseError.none, 0);
      for (const { start } of pdu.ranges) writer.varBind(start, mib.get(start));
      return true;
    case 'getNext':
      begin(ResponseError.none, 0);
      for (const range of pdu.ranges) write(writer, next(mib, range));
      return true;
    case 'getBulk':
      begin(ResponseError.none, 0);
      answerBulk(mib, pdu, writer);
      return true;
    case 'otherContext':
      begin(ResponseError.unsupportedContext, 0);
      return true;
    case 'other':
      if (pdu.code === PduType.cleanupSet) return false;
      // Nothing is writable: the test refuses the first variable, what would follow never comes.
      if (pdu.code === PduType.testSet) begin(ResponseError.notWritable, 1);
      else if (pdu.code === PduType.commitSet || pdu.code === PduType.undoSet) begin(ResponseError.none, 0);
      else begin(ResponseError.parseError, 0);
      return true;
    case 'response':
    case 'close':
      return false;
  }
}

/** RFC 2741 section 7.2.3.3: one of each non-repeater, then the repeaters in turn. */
function answerBulk(mib: Mib, pdu: MasterPdu & { type: 'getBulk' }, writer: PduWriter): void {
  for (const range of pdu.ranges.slice(0, pdu.nonRepeaters)) write(writer, next(mib, range));
  let repeaters = pdu.ranges.slice(pdu.nonRepeaters);
  for (let n = 0; n < pdu.maxRepetitions && repeaters.length > 0; n += 1) {
    let isAtEnd = true;
    repeaters = repeaters.map((range) => {
      const found = next(mib, range);
      write(writer, found);
      if (found.value.type !== 'endOfMibView') isAtEnd = false;
      return { start: found.name, isIncluded: false, end: range.end };
    });
    if (isAtEnd || writer.length > ENOUGH_BYTES) return;
  }
}

function next(mib: Mib, { start, isIncluded, end }: SearchRange): VarBind {
  return mib.next(start, isIncluded, end) ?? { name: start, value: { type: 'endOfMibView' } };
}

function write(writer: PduWriter, { name, value }: VarBind): void {
  writer.varBind(name, value);
}
