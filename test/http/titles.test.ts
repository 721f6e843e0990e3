import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFull } from "../helpers/fault-form.ts";
import { createTestService, type TestService } from "../helpers/service.ts";

const data = (name: string) =>
  fileURLToPath(new URL(`../../../shared/data/classic_rock.${name}.csv.gz`, import.meta.url));

interface Item {
  readonly songId: string;
  readonly title?: string;
  readonly artist?: string;
  readonly cosine?: number | null;
}

describe.skipIf(!isFull || !existsSync(data("train")))(
  "radio programmes with titles (FAULTS=full, with ../shared/data)",
  () => {
    let test: TestService;
    beforeAll(async () => {
      test = await createTestService("", { PLAYLISTS: data("train"), CATALOGUE: data("songs") });
      await test.app.inject({
        method: "POST",
        url: "/v1/training-jobs",
        payload: { hyperparameters: { vectorSize: 64, epochs: 20, holdOut: 0 } },
      });
      await test.service.begin();
    });
    afterAll(() => test?.close());

    const idOf = async (query: string): Promise<string> =>
      (await test.app.inject(`/v1/songs?query=${encodeURIComponent(query)}&limit=1`)).json().items[0].songId;
    const recommend = async (body: object) =>
      (await test.app.inject({ method: "POST", url: "/v1/recommendations", payload: body })).json();

    it("connect Pink Floyd and Black Sabbath with steps that are more similar than the ends", async () => {
      const [from, to] = [await idOf("learning to fly pink floyd"), await idOf("paranoid black sabbath")];
      const { items, direct, weakest } = (await test.app.inject(`/v1/songs/${from}/path/${to}?length=5`)).json();
      expect([items[0], items.at(-1)]).toMatchObject([
        { title: "Learning to Fly", artist: "Pink Floyd" },
        { title: "Paranoid", artist: "Black Sabbath" },
      ]);
      expect(new Set(items.map(({ songId }: Item) => songId)).size).toBe(7);
      expect(weakest).toBeGreaterThan(direct);
    });

    it("report the artist fallback of a rarely played song", async () => {
      const untrained = [...(test.service.activeModel.current()?.model.untrained?.songs ?? [])].find(
        ({ artist }) => artist === "Led Zeppelin",
      );
      expect(untrained?.artist).toBe("Led Zeppelin");
      const result = await recommend({ songs: [untrained?.id], strategy: "similarity", limit: 20 });
      expect(result).toMatchObject({ borrowed: [{ songId: untrained?.id, artist: "Led Zeppelin" }], unknownSongs: [] });
      const ofArtist = result.items.filter(({ artist }: Item) => artist === "Led Zeppelin");
      expect(ofArtist.length).toBeGreaterThanOrEqual(5); // one is expected by chance
    });

    it("rank a cold-start song of the Beatles with their other songs", async () => {
      const like = await Promise.all(["hey jude beatles", "let it be beatles", "come together beatles"].map(idOf));
      await test.app.inject({
        method: "PUT",
        url: "/v1/songs/now-and-then/vector",
        payload: { like, title: "Now and Then", artist: "The Beatles" },
      });
      const result = await recommend({ songs: like, limit: 10 });
      expect(result.items).toContainEqual(
        expect.objectContaining({ title: "Now and Then", artist: "The Beatles", provisional: true }),
      );
    });
  },
);
