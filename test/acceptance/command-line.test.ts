import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand, startCommand, startServer, waitFor } from "../helpers/process.ts";
import { playlistsCsv } from "../helpers/service.ts";

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "song2vec-"));
  await writeFile(at("lists.csv.gz"), gzipSync(playlistsCsv()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("song2vec", () => {
  it.each([
    ["--help"],
    ["serve --help"],
    ["train --help"],
    ["tune --help"],
    ["export --help"],
    ["import --help"],
    ["compare --help"],
    ["sample --help"],
    ["openapi --help"],
  ])("%s shows examples", async (args) => {
    const { code, output } = await runCommand(args.split(" "));
    expect(code).toBe(0);
    expect(output).toMatch(/Examples?:\n +song2vec/);
  });

  it("ends with 2 where it is called wrongly", async () => {
    expect((await runCommand(["train", "--no-such-option"])).code).toBe(2);
    expect((await runCommand(["train", "--epochs", "0"])).code).toBe(2);
  });

  it("ends with 1 where a setting has a value that is none, and names it", async () => {
    const named = { code: 1, errors: expect.stringContaining("PORT (--port)") };
    expect(await runCommand(["serve"], { PORT: "many" })).toMatchObject(named);
    expect(await runCommand(["serve", "--port", "many"])).toMatchObject(named);
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
    for (const command of ["train", "serve"]) {
      const { code, errors } = await runCommand([command, "--playlists", file, "--data-dir", at(`data-${command}`)], {
        PORT: "0",
        LOG_LEVEL: "silent",
      });
      expect(code).toBe(1);
      expect(errors.trim().split("\n").at(-1)).toMatch(message);
      expect(errors).not.toMatch(/\n\s+at /);
    }
  });
});

describe("train", () => {
  it("prints lines on standard error and one JSON object on standard output", async () => {
    const { code, output, errors } = await runCommand([
      "train",
      "--playlists",
      at("lists.csv.gz"),
      "--data-dir",
      at("trained"),
      "--preset",
      "article",
      "--epochs",
      "2",
      "--vector-size",
      "20",
      "--json",
    ]);
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
      const { code, output } = await runCommand([
        "train",
        "--playlists",
        at("lists.csv.gz"),
        "--data-dir",
        at("options"),
        "--preset",
        "article",
        "--epochs",
        "1",
        "--vector-size",
        "8",
        "--json",
        ...options.split(" "),
      ]);
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
    const { code, output, errors } = await runCommand([
      "train",
      "--playlists",
      at("lists.csv.gz"),
      "--data-dir",
      at("patient"),
      "--preset",
      "article",
      "--patience",
      "3",
      "--epochs",
      "40",
      "--alpha",
      "1e-9",
      "--vector-size",
      "8",
      "--json",
    ]);
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
    const { code, output, errors } = await runCommand(["evaluate", "--data-dir", at("patient"), "--json"]);
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
    const without = await runCommand(["evaluate", "1", "--data-dir", at("trained")]);
    expect([without.code, without.errors]).toEqual([
      2,
      expect.stringContaining("nothing was held out of the training of version 1"),
    ]);
  });

  it("starts from a version on the disk where it is asked to, and says what it knows", async () => {
    const train = (...options: string[]) =>
      runCommand([
        "train",
        "--playlists",
        at("lists.csv.gz"),
        "--data-dir",
        at("warm"),
        "--epochs",
        "1",
        "--vector-size",
        "8",
        "--json",
        ...options,
      ]);
    expect(await train("--warm-start", "latest")).toMatchObject({
      code: 1,
      errors: expect.stringContaining("There is no model version to start from."),
    });
    expect(JSON.parse((await train()).output)).toMatchObject({ version: 1, warmStart: null });
    const { output, errors } = await train("--warm-start", "latest");
    expect(JSON.parse(output)).toMatchObject({ version: 2, warmStart: 1 });
    expect(errors).toContain("starting from version 1, which knows 25 of these 25 songs");
    expect(await train("--warm-start", "7")).toMatchObject({
      code: 1,
      errors: expect.stringContaining("There is no model version 7."),
    });
    expect(await train("--warm-start", "2", "--vector-size", "16")).toMatchObject({
      code: 1,
      errors:
        "song2vec: Model version 2 has vectors of 8 dimensions, this training has vectorSize 16: a warm start needs both to be the same.\n",
    });
    expect((await train("--warm-start", "newest")).code).toBe(2);
    expect(await readdir(at("warm/models"))).toEqual(["1", "2"]);
  });

  it.each([
    ["--window", "wide", /expected a whole number from 1 to 10,000, or "playlist"/],
    ["--sg", "perhaps", /expected boolean/],
    ["--negative-sharing", "none", /expected one of "window"\|"block"/],
    ["--max-vocabulary", "1", /Too small/],
  ])("ends with 2 on %s %s, and says what it takes", async (option, value, message) => {
    expect(await runCommand(["train", option, value])).toMatchObject({
      code: 2,
      errors: expect.stringMatching(message),
    });
  });

  it("is cancelled by SIGINT within a second, and leaves nothing behind", async () => {
    const running = startCommand([
      "train",
      "--playlists",
      at("lists.csv.gz"),
      "--data-dir",
      at("cancelled"),
      "--epochs",
      "10000",
    ]);
    await new Promise<void>((resolve) =>
      running.child.stderr?.on("data", () => running.errors().includes("epoch 3/") && resolve()),
    );
    const asked = performance.now();
    running.child.kill("SIGINT");
    expect(await running.ended).toBe(1);
    expect(performance.now() - asked).toBeLessThan(1000);
    expect(await readdir(at("cancelled/models"))).toEqual([]);
  });
});

describe("tune", () => {
  it("prints a table, the settings to use as JSON, and the command that trains with them", async () => {
    const { code, output, errors } = await runCommand(
      [
        "tune",
        "--playlists",
        at("lists.csv.gz"),
        "--data-dir",
        at("tuned data"),
        "--minutes",
        "1",
        "--trials",
        "3",
        "--epochs",
        "2",
        "--vector-size",
        "8",
        "--json",
      ],
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
    const options = command
      .replace(/.*tuned data' ?/, "")
      .split(" ")
      .filter(Boolean);
    const trained = await runCommand(
      ["train", "--playlists", at("lists.csv.gz"), "--data-dir", at("tuned data"), ...options, "--json"],
      { WORKERS: "1" },
    );
    expect(JSON.parse(trained.output).hyperparameters).toMatchObject(hyperparameters);
  }, 90_000);
});

describe("serve", () => {
  const environment = () => ({ PLAYLISTS: at("lists.csv.gz"), DATA_DIR: at("served"), PRESET: "article" });

  it("trains, serves, stops cleanly, and loads the model the next time", async () => {
    const first = await startServer(environment());
    expect(await (await fetch(`${first.url}/health/ready`)).json()).toEqual({ status: "ready", modelVersion: 1 });
    first.running.child.kill("SIGTERM");
    expect(await first.running.ended).toBe(0);
    const second = await startServer(environment());
    expect(second.running.output()).toContain("from the disk");
    second.running.child.kill("SIGTERM");
    expect(await second.running.ended).toBe(0);
  });

  it("ends with its trainer when it is stopped while the first model trains", async () => {
    const running = startCommand(["serve"], {
      ...environment(),
      DATA_DIR: at("stopped"),
      PORT: "0",
      DRAIN_SECONDS: "0",
    });
    await waitFor(running, /trained an epoch/);
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);
    expect(await readdir(at("stopped/models"))).toEqual([]);
  });

  it("passes over a truncated version, names the file, and serves the sound one before", async () => {
    const trained = ["train", "--playlists", at("lists.csv.gz"), "--data-dir", at("damaged"), "--epochs", "1"];
    expect([(await runCommand(trained)).code, (await runCommand(trained)).code]).toEqual([0, 0]);
    await truncate(at("damaged/models/2/vectors.safetensors"), 20_000);
    const { url, running } = await startServer({ ...environment(), DATA_DIR: at("damaged") });
    expect(running.output()).toMatch(/version 2 is passed over: .*vectors\.safetensors is damaged/);
    expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ status: "ready", modelVersion: 1 });
    running.child.kill("SIGTERM");
    await running.ended;
  });

  it("says that a port is in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? String(address.port) : "";
    const { code, errors } = await runCommand(["serve"], { ...environment(), PORT: port, LOG_LEVEL: "silent" });
    expect({ code, errors }).toEqual({
      code: 1,
      errors: `song2vec: Cannot listen on 127.0.0.1:${port}: the port is in use.\n`,
    });
    server.close();
  });

  it("keeps a data folder for one server at a time, and lets go of it however it ends", async () => {
    const { running } = await startServer(environment());
    const { code, errors } = await runCommand(["serve"], { ...environment(), PORT: "0", LOG_LEVEL: "silent" });
    expect({ code, errors }).toEqual({
      code: 1,
      errors: `song2vec: Another server runs on the data folder ${at("served")}.\n`,
    });
    running.child.kill("SIGKILL");
    await running.ended;
    const next = await startServer(environment());
    next.running.child.kill("SIGTERM");
    expect(await next.running.ended).toBe(0);
  });

  it("says that the data folder can not be written", async () => {
    await writeFile(at("a-file"), "");
    const { code, errors } = await runCommand(["serve"], {
      ...environment(),
      DATA_DIR: at("a-file/data"),
      LOG_LEVEL: "silent",
    });
    expect(code).toBe(1);
    expect(errors).toMatch(/^song2vec: Cannot write to the data folder .*ENOTDIR/);
  });
});
