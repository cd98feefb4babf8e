/** Escapes for XML text and attributes, so that a reader gets back what was written (XML 1.0 sections 2.4, 2.11, 3.3.3). */

const inText = /[&<>\r]/;
const inAttribute = /[&<>"\t\n\r]/;
const inTextAll = /[&<>\r]/g;
const inAttributeAll = /[&<>"\t\n\r]/g;

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};
const reference = (character: string): string => references[character] as string;

/** A carriage return is written as a reference: readers turn a bare one into a line feed. */
export function escapeText(text: string): string {
  return inText.test(text) ? text.replace(inTextAll, reference) : text;
}

/** For a value in double quotes. White space is written as references: readers turn bare ones into blanks. */
export function escapeAttribute(value: string): string {
  return inAttribute.test(value) ? value.replace(inAttributeAll, reference) : value;
}
