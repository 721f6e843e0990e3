import { tzOffset } from "@date-fns/tz";

const epoch = /^-?\d{1,19}(?:\.\d+)?$/;
const iso =
  /^(\d{4})(?:[-/.] ?(\d\d?)[-/.] ?(\d\d?)|(\d\d)(\d\d))(?:[T ]\s*(\d\d|\d(?=:))(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?)?\s*(Z|UTC|GMT|[-+]\d\d(?::?\d\d)?)?$/i;
/** Days since 1900 with the time as a fraction, as spreadsheets count. */
const serial = /^[2-7]\d{4}\.\d+$/;
const minute = 60_000;
const hour = 60 * minute;

/** Parses a time. @returns milliseconds since 1970, undefined if the text is no time */
export type ParseTime = (text: string) => number | undefined;

/**
 * Creates a parser of ISO 8601 times and of numbers since 1970: seconds, or by their size milli-, micro- or nanoseconds.
 *
 * @param timeZone of times without a zone, a name of the IANA database
 */
export function createTimeParser(timeZone: string): ParseTime {
  /** Offsets in minutes by hour since 1970 */
  const offsets = new Map<number, number>();

  function offsetAt(time: number): number {
    const hours = Math.floor(time / hour);
    let offset = offsets.get(hours);
    if (offset === undefined) offsets.set(hours, (offset = tzOffset(timeZone, new Date(hours * hour))));
    return offset;
  }

  /** Local times that a clock shows twice are the earlier one. */
  function toUtc(local: number): number {
    const before = local - offsetAt(local - 24 * hour) * minute;
    return offsetAt(before) * minute === local - before ? before : local - offsetAt(before) * minute;
  }

  return (text) => {
    const trimmed = text.trim();
    if (serial.test(trimmed)) return undefined;
    if (epoch.test(trimmed) && !/^\d{8}$/.test(trimmed)) return fromEpoch(Number(trimmed));
    const [, year, separatedMonth, separatedDay, plainMonth, plainDay, ...clock] = iso.exec(trimmed) ?? [];
    const [hours = 0, minutes = 0, seconds = 0, fraction = 0, zone] = clock;
    const [month, day] = [separatedMonth ?? plainMonth, separatedDay ?? plainDay];
    if (year === undefined) return undefined;
    const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
    const isDate = new Date(date).getUTCDate() === Number(day) && Number(month) <= 12;
    if (!isDate || Number(hours) > 24 || Number(minutes) > 59 || Number(seconds) > 60) return undefined;
    const time =
      date + Number(hours) * hour + Number(minutes) * minute + 1000 * (Number(seconds) + Number(`0.${fraction}`));
    if (zone === undefined) return timeZone === "UTC" ? time : toUtc(time);
    return time - zoneMinutes(zone) * minute;
  };
}

function fromEpoch(value: number): number {
  const size = Math.abs(value);
  if (size < 1e11) return value * 1000;
  if (size < 1e14) return value;
  return size < 1e17 ? value / 1e3 : value / 1e6;
}

function zoneMinutes(zone: string): number {
  const [, sign, hours, minutes = 0] = /^([-+])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (60 * Number(hours) + Number(minutes));
}
