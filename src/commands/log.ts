import { destination, type Logger, pino } from "pino";
import type { Config } from "../config.ts";

/** Bytes of JSON lines: written at once beyond the first, dropped beyond the second where nobody reads them. */
const logBuffer = { sync: false, minLength: 4096, maxLength: 2 ** 24, periodicFlush: 100 };

/**
 * Logs JSON lines, or readable ones: by default where standard output is a terminal.
 *
 * @param write takes readable lines
 */
export async function createLogger(
  { logLevel, logFormat }: Pick<Config, "logLevel" | "logFormat">,
  write: (line: string) => void,
): Promise<{ logger: Logger; isPretty: boolean }> {
  const options = { level: logLevel, base: undefined };
  const isPretty = (logFormat ?? (process.stdout.isTTY ? "pretty" : "json")) === "pretty";
  if (!isPretty) return { logger: pino(options, destination(logBuffer)), isPretty };
  const { prettyFactory } = await import("pino-pretty");
  const format = prettyFactory({
    colorize: process.stdout.isTTY && process.stdout.hasColors(), // hasColors honours NO_COLOR
    translateTime: "SYS:HH:MM:ss",
    hideObject: true,
    messageFormat: (log, messageKey) => [log[messageKey], ...describeFields(log, messageKey)].join(" "),
  });
  return { logger: pino(options, { write: (line: string) => write(format(line)) }), isPretty };
}

/** Fields that pino-pretty prints itself. */
const ownFields = new Set(["level", "time", "err"]);

/** Fields as name=value. JSON lines alone have lists and objects, and the job of each event. */
function describeFields(log: Readonly<Record<string, unknown>>, messageKey: string): string[] {
  const isOfJob = String(log[messageKey]).includes(" job ");
  const isShown = (name: string, value: unknown) =>
    name !== messageKey && !ownFields.has(name) && typeof value !== "object" && (name !== "jobId" || isOfJob);
  return Object.entries(log).flatMap(([name, value]) =>
    !isShown(name, value) ? [] : [`${name}=${describeValue(value)}`],
  );
}

function describeValue(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  return typeof value === "string" && !/[\s"=]/.test(value) ? value : JSON.stringify(value);
}
