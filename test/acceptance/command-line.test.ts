import { readdir, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { openVersions } from "../../src/model/format/versions.ts";
import { createDataFolder } from "../helpers/built-service.ts";
import { callCommand } from "../helpers/command.ts";
import { useFolder } from "../helpers/folder.ts";
import { within } from "../helpers/figures.ts";
import { read } from "../helpers/http.ts";
import { runCommand, startCommand, waitFor } from "../helpers/process.ts";
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

  it("ends with 2 where it is called wrongly", async () => {
    expect((await runCommand(["train", "--no-such-option"])).code).toBe(2);
    expect((await callCommand(["train", "--epochs", "0"])).code).toBe(2);
  });

  it("ends with 1 where a setting has a value that is none, and names it", async () => {
    const named = { code: 1, errors: expect.stringContaining("PORT (--port)") };
    expect(await callCommand(["serve", "--port", "many"])).toMatchObject(named);
  });
});

describe("bad playlists end a start with one line that says why", () => {
  const good = "Category,master_number\n";
  const rows = Array.from({ length: 400 }, (_, i) => `${i % 40},${i % 20}`);
  it.each([
    ["a missing file", undefined, /no such file/],
    ["a missing column", "playlist,song\n1,2\n", /line 1: no column "Category"/],
    ["an empty file", "", /empty/],
    ["only ?", `${good}1,?\n1,?\n`, /every song is missing/],
    [
      "5 % broken rows",
      good + rows.map((row, i) => (i % 20 === 7 ? `${row},too,many` : row)).join("\n"),
      /more than 1 %; the first is line 9/,
    ],
    ["a Latin-1 file", Buffer.from(`${good}1,caf\u00e9\n`, "latin1"), /line 2: not UTF-8/],
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
      expect(errors.trim().split("\n").at(-1)).toMatch(message);
      expect(errors).not.toMatch(/\n\s+at /);
    }
  });
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
    expect(errors).toMatch(/this will take \d+ MB of memory/);
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
      `kept the vectors of epoch ${summary.bestEpoch}, the best of ${summary.epochs} on plays that were held out`,
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
      expect.stringContaining("nothing was held out of the training of version 1"),
    ]);
  });

  it("starts from a version on the disk where it is asked to, and says what it knows", async () => {
    const train = (options: string) =>
      callCommand(args("train", "warm", `--epochs 1 --vector-size 8 --json ${options}`));
    expect(await train("--warm-start latest")).toMatchObject({
      code: 1,
      errors: expect.stringContaining("There is no model version to start from."),
    });
    expect(JSON.parse((await train("--sg true")).output)).toMatchObject({ version: 1, warmStart: null });
    const { output, errors } = await train("--warm-start latest");
    expect(JSON.parse(output)).toMatchObject({ version: 2, warmStart: 1 });
    expect(errors).toContain("starting from version 1, which knows 25 of these 25 songs");
    expect(await train("--warm-start 7")).toMatchObject({
      code: 1,
      errors: expect.stringContaining("There is no model version 7."),
    });
    expect(await train("--warm-start 2 --vector-size 16")).toMatchObject({
      code: 1,
      errors:
        "song2vec: Model version 2 has vectors of 8 dimensions, this training has vectorSize 16: a warm start needs both to be the same.\n",
    });
    expect((await train("--warm-start newest")).code).toBe(2);
    expect(await readdir(at("warm/models"))).toEqual(["1", "2"]);
  });

  it.each([
    ["--window", "wide", /expected a whole number from 1 to 10,000, or "playlist"/],
    ["--sg", "perhaps", /expected boolean/],
    ["--negative-sharing", "none", /expected one of "window"\|"block"/],
    ["--max-vocabulary", "1", /Too small/],
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
    const asked = performance.now();
    running.child.kill("SIGINT");
    expect(await running.ended).toBe(1);
    expect(performance.now() - asked).toBeLessThan(within(1000));
    expect(await readdir(at("cancelled/models"))).toEqual([]);
  });
});

describe("tune", () => {
  it("prints a table, the settings to use as JSON, and the command that trains with them", async () => {
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
    expect(errors.trim().split("\n").slice(-2)).toEqual([JSON.stringify(hyperparameters), command]);
    expect(command).toContain(`song2vec train --playlists ${at("lists.csv.gz")} --data-dir '${at("tuned data")}'`);
    expect(await readdir(at("tuned data/models"))).toEqual([]);
    const options = command.replace(/.*tuned data' ?/, "");
    const trained = await runCommand(args("train", "tuned data", `--json ${options}`.trim()), { WORKERS: "1" });
    expect(JSON.parse(trained.output).hyperparameters).toMatchObject(hyperparameters);
  });
});

describe("serve", () => {
  it("trains, serves, stops cleanly, and loads the model the next time", async () => {
    const { start } = await createDataFolder({ model: "none" });
    for (const from of ["new model", "from the disk"]) {
      const { port, child, ended, output } = await start({ PLAYLISTS: at("lists.csv.gz") });
      expect(await read(port, "/health/ready")).toEqual({ status: "ready", modelVersion: 1 });
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

  it("passes over a truncated version, names the file, and serves the sound one before", async () => {
    const { start, dataDir } = await createDataFolder({ model: "none" });
    const versions = await openVersions(join(dataDir, "models"));
    for (let i = 0; i < 2; i++) await publishModel(versions, fourSongs);
    await truncate(join(dataDir, "models/2/vectors.safetensors"), 100);
    const { port, output } = await start();
    expect(output()).toMatch(/version 2 is passed over: .*vectors\.safetensors is damaged/);
    expect(await read(port, "/health/ready")).toEqual({ status: "ready", modelVersion: 1 });
  });

  it("says that a port is in use", async () => {
    const { dataDir } = await createDataFolder();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? String(address.port) : "";
    const { code, errors } = await runCommand(["serve"], { DATA_DIR: dataDir, PORT: port, LOG_LEVEL: "silent" });
    expect({ code, errors }).toEqual({
      code: 1,
      errors: `song2vec: Cannot listen on 127.0.0.1:${port}: the port is in use.\n`,
    });
    server.close();
  });

  it("says that the data folder can not be written", async () => {
    await writeFile(at("a-file"), "");
    const { code, errors } = await runCommand(["serve"], {
      DATA_DIR: at("a-file/data"),
      LOG_LEVEL: "silent",
    });
    expect(code).toBe(1);
    expect(errors).toMatch(/^song2vec: Cannot write to the data folder .*ENOTDIR/);
  });
});
