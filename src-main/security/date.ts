/** DATE of protocol 1: XEP-0082 UTC, whole seconds, ending in Z. */

const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$/;

/** @param time milliseconds since the epoch; what is below a second is cut off */
export function dateOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since the epoch; undefined for what is no DATE or no day of the calendar. */
export function parseDate(text: string): number | undefined {
  const [year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN] = (DATE.exec(text) ?? [])
    .slice(1)
    .map(Number);
  // The platform rolls what is no date over, 30 February or 24:00: the day it comes to is then another.
  const inRange = year >= 1970 && month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  return inRange && new Date(time).getUTCDate() === day ? time : undefined;
}
