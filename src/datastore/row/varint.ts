/** Lengths and numbers in packed rows: 7 bits a byte, low first, 0x80 set on all but the last; bytes of a latin1 string. */
const oneByte: readonly string[] = Array.from({ length: 0x80 }, (_, value) => String.fromCharCode(value));

export function varint(value: number): string {
  if (value < 0x80) return oneByte[value] as string;
  let text = '';
  let rest = value;
  while (rest > 0x7f) {
    text += String.fromCharCode((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return text + String.fromCharCode(rest);
}
