/**
 * Content of a double-quoted string (RFC 7950 section 6.1.3): white space around line breaks is trimmed, then
 * escapes are replaced.
 */

/** YANG 1 left a backslash before other characters alone; YANG 1.1 forbids it. */
export interface BadEscape {
  readonly offset: number;
}

const TAB_WIDTH = 8;

/**
 * @param raw what stands between the quotes
 * @param column column of the opening quote, from 1, a tab counted as 8
 * @param onBadEscape told of a backslash that YANG 1.1 forbids, by its offset in `raw`
 */
export function doubleQuoted(raw: string, column: number, onBadEscape: (offset: number) => void): string {
  const hasEscape = raw.includes('\\');
  if (!raw.includes('\n')) return hasEscape ? replaceEscapes(raw, 0, onBadEscape) : raw;
  const lines = raw.split('\n');
  let offset = 0;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    let text = line;
    if (i > 0) text = trimIndent(text, column);
    if (i < lines.length - 1) text = text.replace(/[ \t\r]+$/, '');
    const lost = i > 0 ? line.length - trimIndent(line, column).length : 0;
    lines[i] = hasEscape ? replaceEscapes(text, offset + lost, onBadEscape) : text;
    offset += line.length + 1;
  }
  return lines.join('\n');
}

/** Removes leading white space up to and including the column of the quote; what a tab exceeds it by stays as spaces. */
function trimIndent(line: string, column: number): string {
  let width = 0;
  let i = 0;
  for (; i < line.length && width < column; i++) {
    const code = line.charCodeAt(i);
    if (code === 0x20) width++;
    else if (code === 0x09) width += TAB_WIDTH;
    else break;
  }
  return width > column ? ' '.repeat(width - column) + line.slice(i) : line.slice(i);
}

function replaceEscapes(text: string, start: number, onBadEscape: (offset: number) => void): string {
  let from = text.indexOf('\\');
  if (from < 0) return text;
  let result = '';
  let done = 0;
  while (from >= 0) {
    const next = text[from + 1];
    const replacement =
      next === 'n' ? '\n' : next === 't' ? '\t' : next === '"' ? '"' : next === '\\' ? '\\' : undefined;
    if (replacement === undefined) {
      onBadEscape(start + from);
      from = text.indexOf('\\', from + 1);
      continue;
    }
    result += text.slice(done, from) + replacement;
    done = from + 2;
    from = text.indexOf('\\', done);
  }
  return result + text.slice(done);
}
