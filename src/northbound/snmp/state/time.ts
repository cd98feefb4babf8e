/** Milliseconds since 1970 of an ietf-yang-types:date-and-time; undefined where there is none. */
export function timeOf(dateAndTime: string | undefined): number | undefined {
  return dateAndTime === undefined ? undefined : Date.parse(dateAndTime);
}
