import { readdir, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { openVersions } from "../../src/model/format/versions.ts";
import { createDataDirectory } from "../helpers/built-service.ts";
import { callCommand } from "../helpers/command.ts";
import { useFolder } from "../helpers/folder.ts";
import { timeLimit } from "../helpers/fault-form.ts";
import { getJson } from "../helpers/http.ts";
import { screenLines, startInTerminal } from "../helpers/terminal.ts";
import { main, runCommand, startCommand, startExecutable, until, waitFor } from "../helpers/process.ts";
import { playlistsCsv } from "../helpers/playlists.ts";
import { fourSongs, publishModel } from "../model/small-models.ts";

const at = useFolder();

/** Arguments of a command that trains, on the playlists of this file. */
const args = (command: "train" | "tune", dataDir: string, options: string) => [
  command,
  "--playlists",
  at("lists.csv.gz"),
  "--data-dir",
  at(dataDir),
  ...options.split(" "),
];
const hasExamples = /Examples?:\n +song2vec/;

beforeAll(async () => {
  await writeFile(at("lists.csv.gz"), gzipSync(playlistsCsv()));
});

describe("song2vec", () => {
  it("--help shows examples", async () => {
    expect(await runCommand(["--help"])).toMatchObject({ code: 0, output: expect.stringMatching(hasExamples) });
  });

  it.each(["serve", "train", "tune", "export", "import", "compare", "sample", "openapi"])(
    "%s --help shows examples",
    async (command) => {
      expect(await callCommand([command, "--help"])).toMatchObject({
        code: 0,
        output: expect.stringMatching(hasExamples),
      });
    },
  );

  it("exits with 2 on invalid arguments", async () => {
    expect((await runCommand(["train", "--no-such-option"])).code).toBe(2);
    expect((await callCommand(["train", "--epochs", "0"])).code).toBe(2);
  });

  it("exits with 1 on an invalid setting, and names it with its value", async () => {
    const named = { code: 1, errors: expect.stringContaining('Invalid PORT "many"') };
    expect(await callCommand(["serve", "--port", "many"])).toMatchObject(named);
  });
});

describe("invalid playlists exit with 1 and say why in one line, and what to do in another", () => {
  const good = "Category,master_number\n";
  const rows = Array.from({ length: 400 }, (_, i) => `${i % 40},${i % 20}`);
  it.each([
    ["a missing file", undefined, /no such file/],
    [
      "a missing column",
      "playlist,song\n1,2\n",
      /Column "Category" not found in .*\. Columns: "playlist", "song"\.\s+Set PLAYLIST_COLUMN/,
    ],
    ["an empty file", "", /empty/],
    ["only ?", `${good}1,?\n1,?\n`, /every song is missing/],
    [
      "5 % broken rows",
      good + rows.map((row, i) => (i % 20 === 7 ? `${row},too,many` : row)).join("\n"),
      /More than 1 % of the rows .*\. The first is line 9/,
    ],
    ["a Latin-1 file", Buffer.from(`${good}1,caf\u00e9\n`, "latin1"), /not encoded in UTF-8: line 2/],
  ])("%s", async (name, content, message) => {
    const file = at(`${name.replaceAll(/\W/g, "-")}.csv`);
    if (content !== undefined) await writeFile(file, content);
    for (const command of name === "a missing column" ? ["train", "serve"] : ["train"]) {
      const options = [command, "--playlists", file, "--data-dir", at(`data-${command}`)];
      const { code, errors } =
        command === "serve"
          ? await runCommand(options, { PORT: "0", LOG_LEVEL: "silent" })
          : await callCommand(options);
      expect(code).toBe(1);
      expect(errors.trim().split("\n").slice(-2).join("\n")).toMatch(message);
      expect(errors).not.toMatch(/\n\s+at /);
    }
  });
});

describe("a terminal", () => {
  it("gets readable lines, then the console, the docs page, the data directory and a request that works", async () => {
    const { start, dataDir } = await createDataDirectory();
    const { port, output } = await start({ LOG_FORMAT: "pretty" });
    await until(() => output().includes("Try it"));
    expect(output()).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: model loaded modelVersion=1 songs=25 .*$/m);
    for (const line of [
      `Console   http://127.0.0.1:${port}/`,
      `API docs  http://127.0.0.1:${port}/docs`,
      `Data      ${dataDir}`,
    ])
      expect(output()).toContain(`  ${line}\n`);
    const [, url = ""] = /Try it {4}curl '(.*)'\n/.exec(output()) ?? [];
    expect((await fetch(url)).status).toBe(200);
    expect(output()).not.toContain("\u001b"); // no colours where standard output is no terminal
  });

  it("shows each event once, in whole lines above one progress bar that goes at the end", async () => {
    const running = startInTerminal(["serve"], {
      PORT: "0",
      WORKERS: "1",
      PRESET: "article",
      DRAIN_SECONDS: "0",
      PLAYLISTS: at("lists.csv.gz"),
      DATA_DIR: at("terminal"),
    });
    await waitFor(running, /Try it/);
    expect(running.output()).toMatch(/training █*░* +\d+ % \| epoch \d+\/100 \| loss \d\.\d{4} \| \d+ s left/);
    running.child.kill("SIGTERM");
    await running.ended;
    const lines = screenLines(running.output());
    const torn = lines.filter(
      (line) => !/^($|\[[\d:]{8}\] [A-Z]+: [a-zA-Z]|song2vec is ready\.$| {2}[A-Z][\w ]+ {2})/.test(line),
    );
    expect(torn).toEqual([]);
    for (const event of [
      "playlists read",
      "training started",
      "epoch finished epoch=7 ",
      "model published",
      "model activated",
    ])
      expect(lines.filter((line) => line.includes(`INFO: ${event}`))).toHaveLength(1);
    expect(lines.join("\n")).toMatch(
      /^\[[\d:]+\] INFO: training job succeeded .*\n\nsong2vec is ready\.\n\n {2}Console {3}http/m,
    );
  });

  it.each(["train --help | head -1", "openapi | head -c 10", "train --help 2>&1 | true"])(
    "closes its pipe early, and the command ends quietly: %s",
    async (command) => {
      const script = `${process.execPath} ${main} ${command}`;
      const { ended, errors } = startExecutable("bash", ["--norc", "-o", "pipefail", "-c", script], {});
      expect([await ended, errors()]).toEqual([0, ""]);
    },
  );
});

describe("train", () => {
  it("prints lines on standard error and one JSON object on standard output", async () => {
    const { code, output, errors } = await runCommand(
      args("train", "trained", "--preset article --epochs 2 --vector-size 20 --json"),
    );
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      version: 1,
      songs: 25,
      plays: 1800,
      epochs: 2,
      lossByEpoch: [expect.any(Number), expect.any(Number)],
      validationByEpoch: [],
      bestEpoch: null,
      predictedMemoryMB: expect.any(Number),
      peakMemoryMB: expect.any(Number),
      kernel: expect.stringMatching(/simd/),
    });
    expect(errors).toMatch(/estimated memory: \d+ MB/);
    expect(errors).toMatch(/epoch 2\/2 {2}loss \d/);
    expect(await readdir(at("trained/models"))).toEqual(["1"]);
  });

  it("takes every hyperparameter as an option: numbers, words, yes and no", async () => {
    const train = async (options: string) => {
      const { code, output } = await callCommand(
        args("train", "options", `--preset article --epochs 1 --vector-size 8 --json ${options}`),
      );
      expect(code).toBe(0);
      return JSON.parse(output);
    };
    expect(
      await train("--window playlist --negative-sharing block --no-sg --hs --cbow-mean false --max-vocabulary 7"),
    ).toMatchObject({
      songs: 7,
      hyperparameters: {
        window: "playlist",
        negativeSharing: "block",
        sg: false,
        hs: true,
        cbowMean: false,
        shrinkWindows: true,
        maxVocabulary: 7,
      },
    });
    expect(await train("--window 5 --sg true --sample 1e-3 --max-vocabulary null")).toMatchObject({
      songs: 25,
      hyperparameters: { window: 5, sg: true, hs: false, sample: 0.001, maxVocabulary: null },
    });
  });

  it("holds plays out where there is patience, says how they fare, and leaves nothing of that in the version", async () => {
    const { code, output, errors } = await callCommand(
      args("train", "patient", "--preset article --patience 3 --epochs 40 --alpha 1e-9 --vector-size 8 --json"),
    );
    expect(code).toBe(0);
    const summary = JSON.parse(output);
    expect(summary.epochs).toBeLessThan(40);
    expect(summary.validationByEpoch).toHaveLength(summary.epochs);
    expect(summary.bestEpoch).toBe(summary.epochs - 3);
    expect(errors).toMatch(/epoch 1\/40 {2}loss \d+\.\d+ {2}NDCG@10 0\.\d+/);
    expect(errors).toContain(
      `kept the vectors of epoch ${summary.bestEpoch}, the best of ${summary.epochs} on held-out plays`,
    );
    expect(await readdir(at("patient/models/1"))).toEqual([
      "cooccurrence.safetensors",
      "model.json",
      "playlists.safetensors",
      "songs.jsonl",
      "vectors.safetensors",
    ]);
  });

  it("leaves an evaluation that can be shown, and is refused where nothing was held out", async () => {
    const { code, output, errors } = await callCommand(["evaluate", "--data-dir", at("patient"), "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      version: 1,
      cases: expect.any(Number),
      methods: expect.arrayContaining([
        expect.objectContaining({ method: "blend" }),
        expect.objectContaining({ method: "popularity" }),
      ]),
    });
    expect(errors).toMatch(/method +HR@10 +NDCG@10[^]*\nblend +\d\.\d{4}/);
    const without = await callCommand(["evaluate", "1", "--data-dir", at("trained")]);
    expect([without.code, without.errors]).toEqual([
      2,
      expect.stringContaining("Model version 1 was trained without held-out playlists."),
    ]);
  });

  it("starts from a version on the disk where it is asked to, and says what it knows", async () => {
    const train = (options: string) =>
      callCommand(args("train", "warm", `--epochs 1 --vector-size 8 --json ${options}`));
    expect(await train("--warm-start latest")).toMatchObject({
      code: 1,
      errors: expect.stringContaining("No model version in the data directory"),
    });
    expect(JSON.parse((await train("--sg true")).output)).toMatchObject({ version: 1, warmStart: null });
    const { output, errors } = await train("--warm-start latest");
    expect(JSON.parse(output)).toMatchObject({ version: 2, warmStart: 1 });
    expect(errors).toContain("warm start from model version 1, which has 25 of 25 songs");
    expect(await train("--warm-start 7")).toMatchObject({
      code: 1,
      errors: expect.stringContaining("Model version 7 not found."),
    });
    expect(await train("--warm-start 2 --vector-size 16")).toMatchObject({
      code: 1,
      errors: "song2vec: Cannot start from model version 2: its vectorSize is 8, the requested one is 16.\n",
    });
    expect((await train("--warm-start newest")).code).toBe(2);
    expect(await readdir(at("warm/models"))).toEqual(["1", "2"]);
  });

  it.each([
    ["--window", "wide", /whole number from 1 to 10,000, or "playlist"/],
    ["--sg", "perhaps", /Expected boolean/],
    ["--negative-sharing", "none", /expected one of "window"\|"block"/],
    [
      "--max-vocabulary",
      "1",
      /option '--max-vocabulary <value>' argument '1' is invalid\. .*\nRun `song2vec train --help` for usage\.\n$/,
    ],
  ])("ends with 2 on %s %s, and says what it takes", async (option, value, message) => {
    expect(await callCommand(["train", option, value])).toMatchObject({
      code: 2,
      errors: expect.stringMatching(message),
    });
  });

  it("is cancelled by SIGINT within a second, and leaves nothing behind", async () => {
    const running = startCommand(args("train", "cancelled", "--epochs 10000"));
    await new Promise<void>((resolve) =>
      running.child.stderr?.on("data", () => running.errors().includes("epoch 3/") && resolve()),
    );
    const interrupted = performance.now();
    running.child.kill("SIGINT");
    expect(await running.ended).toBe(1);
    expect(performance.now() - interrupted).toBeLessThan(timeLimit(1000));
    expect(await readdir(at("cancelled/models"))).toEqual([]);
  });
});

describe("tune", () => {
  it("prints a table, the command that trains with the result, and the setting of a server", async () => {
    const { code, output, errors } = await runCommand(
      args("tune", "tuned data", "--minutes 1 --trials 3 --epochs 2 --vector-size 8 --json"),
      { WORKERS: "1" },
    );
    expect(code).toBe(0);
    const { hyperparameters, trials, command, preset } = JSON.parse(output);
    expect(trials).toHaveLength(3);
    expect(hyperparameters).toMatchObject({ epochs: expect.any(Number), vectorSize: expect.any(Number) });
    expect(preset).toBe("tuned");
    expect(errors).toMatch(
      /trial +plays +epochs +seconds +NDCG@10[^]*\n +1 +[\d,]+ +2 +\d+\.\d +0\.\d{4} +0\.\d{4} [^\n]*\(the preset\)\n/,
    );
    const setting = `HYPERPARAMETERS='${JSON.stringify(hyperparameters)}'`;
    const lines = [command, "Settings of a server that trains with them:", setting];
    expect(errors.trim().split("\n").slice(-3)).toEqual(lines);
    expect(command).toContain(`song2vec train --playlists ${at("lists.csv.gz")} --data-dir '${at("tuned data")}'`);
    expect(await readdir(at("tuned data/models"))).toEqual([]);
    const options = command.replace(/.*tuned data' ?/, "");
    const trained = await runCommand(args("train", "tuned data", `--json ${options}`.trim()), { WORKERS: "1" });
    expect(JSON.parse(trained.output).hyperparameters).toMatchObject(hyperparameters);
  });
});

describe("serve", () => {
  it("trains, serves, stops cleanly, and loads the model the next time", async () => {
    const { start } = await createDataDirectory({ model: "none" });
    for (const from of ["model activated", "model loaded"]) {
      const { port, child, ended, output } = await start({ PLAYLISTS: at("lists.csv.gz") });
      expect(await getJson(port, "/health/ready")).toEqual({ status: "ready", modelVersion: 1 });
      expect(output()).toContain(from);
      child.kill("SIGTERM");
      expect(await ended).toBe(0);
    }
  });

  it("ends with its trainer when it is stopped while the first model trains", async () => {
    const running = startCommand(["serve"], {
      PLAYLISTS: at("lists.csv.gz"),
      DATA_DIR: at("stopped"),
      PORT: "0",
      DRAIN_SECONDS: "0",
    });
    await waitFor(running, /epoch finished/);
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);
    expect(await readdir(at("stopped/models"))).toEqual([]);
  });

  it("skips a truncated version, names the file, and serves the valid one before", async () => {
    const { start, dataDir } = await createDataDirectory({ model: "none" });
    const versions = await openVersions(join(dataDir, "models"));
    for (let i = 0; i < 2; i++) await publishModel(versions, fourSongs);
    await truncate(join(dataDir, "models/2/vectors.safetensors"), 100);
    const { port, output } = await start();
    expect(output()).toMatch(
      /"modelVersion":2,"reason":".*vectors\.safetensors is corrupt.*"msg":"corrupt model version skipped"/,
    );
    expect(await getJson(port, "/health/ready")).toEqual({ status: "ready", modelVersion: 1 });
  });

  it("says that a port is in use", async () => {
    const { dataDir } = await createDataDirectory();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? String(address.port) : "";
    const { code, errors } = await runCommand(["serve"], { DATA_DIR: dataDir, PORT: port, LOG_LEVEL: "silent" });
    expect({ code, errors }).toEqual({
      code: 1,
      errors: `song2vec: Cannot listen on 127.0.0.1:${port}: port in use.\nSet HOST and PORT to an address that is free.\n`,
    });
    server.close();
  });

  it("says that the data directory is not writable", async () => {
    await writeFile(at("a-file"), "");
    const { code, errors } = await runCommand(["serve"], {
      DATA_DIR: at("a-file/data"),
      LOG_LEVEL: "silent",
    });
    expect(code).toBe(1);
    expect(errors).toMatch(/^song2vec: Cannot write to the data directory .*ENOTDIR.*\nSet DATA_DIR/);
  });
});
