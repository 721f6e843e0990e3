import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { commandSections, commandsTable } from "./regions/commands.ts";
import { compilationArtistsTable } from "./regions/compilation-artists.ts";
import { errorsTable } from "./regions/errors.ts";
import { hyperparametersTable } from "./regions/hyperparameters.ts";
import { metricsTable } from "./regions/metrics.ts";
import { type Api, readApi, rolesTable, routeSections, routesTable } from "./regions/routes.ts";
import { settingsTable } from "./regions/settings.ts";

/** Writes the generated regions of the reference pages: `npm run docs`. */

type Region = (api: Api) => string | Promise<string>;

const regions: Readonly<Record<string, Region>> = {
  settings: settingsTable,
  commands: commandsTable,
  "command sections": commandSections,
  errors: errorsTable,
  "compilation artists": compilationArtistsTable,
  roles: rolesTable,
  routes: routesTable,
  "route sections": routeSections,
  metrics: () => metricsTable(true),
  "process metrics": () => metricsTable(false),
  hyperparameters: hyperparametersTable,
};

const pages = ["settings", "commands", "errors", "roles", "http", "metrics", "hyperparameters", "compilation-artists"];
const marked = /(<!-- generated: ([\w ]+) -->\n)[\s\S]*?(<!-- end -->)/g;

export interface Page {
  readonly path: string;
  readonly current: string;
  /** As it should be. */
  readonly generated: string;
}

/** The reference pages as they are and as they should be. */
export async function generatePages(): Promise<Page[]> {
  const api = await readApi();
  const contents = new Map<string, string>();
  for (const [name, region] of Object.entries(regions)) contents.set(name, await region(api));
  return Promise.all(
    pages.map(async (name) => {
      const path = fileURLToPath(new URL(`reference/${name}.md`, import.meta.url));
      const current = await readFile(path, "utf8");
      const filled = current.replaceAll(marked, (_, start: string, region: string, end: string) => {
        const content = contents.get(region);
        if (content === undefined) throw new RangeError(`${path}: no region "${region}"`);
        return `${start}\n${content}\n\n${end}`;
      });
      const generated = await format(filled, { ...(await resolveConfig(path)), filepath: path });
      return { path, current, generated };
    }),
  );
}

if (import.meta.main) {
  for (const { path, current, generated } of await generatePages()) {
    if (current === generated) continue;
    await writeFile(path, generated);
    process.stdout.write(`wrote ${path}\n`);
  }
}
