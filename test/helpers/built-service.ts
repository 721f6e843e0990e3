import { type Agent, request } from 'node:http';

/** Whether faults run at the length and to the figures that are promised, or in a short form for each change. */
export const full = process.env['FAULTS'] === 'full';

/** What is promised on a quiet machine, and what a short form asks of a busy one. */
export const within = (promised: number) => (full ? promised : promised * 10);

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly milliseconds: number;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

/** One request, by the path as it stands: no client tidies it up. Rejects where the connection breaks. */
export function ask(port: number, path: string, { method = 'GET', headers = {}, body, agent }: Asked = {}): Promise<Answered> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, ...(agent && { agent }) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers, milliseconds: performance.now() - started }));
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Says what was measured, for the table in the README. */
export function report(row: number, figures: Readonly<Record<string, number | string>>): void {
  const rounded = Object.entries(figures).map(([name, value]) => `${name} ${typeof value === 'number' ? Math.round(value * 10) / 10 : value}`);
  process.stderr.write(`row ${row}: ${rounded.join(', ')}\n`);
}
