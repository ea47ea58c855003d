/** XEP-0082: dates and times. Everything is milliseconds since the epoch, UTC. */

const MAX_TEXT = 64;
const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(Z|[+-]\d\d:\d\d)$/;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * A protocol DATE (protocol 1): UTC, whole seconds, ending in `Z`; a fraction of a second is cut off.
 * @throws RangeError outside the years 0000 to 9999
 */
export function formatDate(ms: number): string {
  const date = new Date(Math.floor(ms / 1000) * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw new RangeError('no such date');
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** A protocol DATE, and nothing else: `parseDate(formatDate(ms))` is `ms` for whole seconds, and back to the octet. */
export function parseDate(text: string): number | undefined {
  return DATE.test(text) ? parseDateTime(text) : undefined;
}

/**
 * A DateTime of XEP-0082 §3.2, with an offset and a fraction (cut to milliseconds). Days and hours that do not exist,
 * leap seconds among them, are refused.
 */
export function parseDateTime(text: string): number | undefined {
  if (text.length > MAX_TEXT) return undefined;
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // not Date.UTC, which takes the year 50 for 1950
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = offsetMinutes(match[8] ?? 'Z');
  if (offset === undefined) return undefined;
  const fraction = Number((match[7] ?? '0').slice(0, 3).padEnd(3, '0'));
  return date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction;
}

/** Minutes east of UTC. */
function offsetMinutes(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
