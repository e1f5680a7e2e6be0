import { sendFile } from "@/device/transfer";
import { type Chosen, DraftStore } from "@/draft/draft";
import { sendOff } from "@/draft/sending";
import { Uploads } from "@/draft/uploads";
import type { Problem } from "@/service/problem";
import { type Fake, serving } from "./service";

let fake: Fake;
let hints: (Problem | null)[];

beforeEach(async () => {
  localStorage.clear();
  hints = [];
  fake = await serving();
});

afterEach(() => fake.close());

const photo = (name: string): Chosen => ({ id: name, name, uri: "data:image/jpeg;base64,/9j/", album: true, same: name, upload: null, error: null });

const NAMES = Array.from({ length: 12 }, (_, number) => `${number}.jpg`);

function chosen(names = NAMES): DraftStore {
  const draft = new DraftStore();
  draft.add(names.map(photo));
  draft.set({ preset: "filter_warm" });
  return draft;
}

function started(draft: DraftStore, ends = new AbortController()) {
  const uploads = new Uploads(draft, (one, signal) => sendFile(fake.service, one, signal), (hint) => hints.push(hint));
  return sendOff(draft, fake.service, uploads, ends.signal);
}

const sources = () => [...fake.batches.values()].map(({ body }) => JSON.parse(body).photos.map(({ source }: { source: string }) => source.split("-")[0]!.slice(7)));

test("every photo goes once, in the order in which it was chosen, into one batch", async () => {
  const draft = chosen();
  expect((await started(draft)).task).toBe("b0");
  expect([...fake.uploads].sort()).toEqual([...NAMES].sort());
  expect(sources()).toEqual([NAMES]);
  expect(draft.get()).toMatchObject({ photos: [], sending: false, request: null });
});

test("an upload that fails is tried again, and the person hears why it waits", async () => {
  let failures = 2;
  fake.answer = (_, name) => (name === "3.jpg" && failures-- > 0 ? 503 : null);
  await started(chosen());
  expect(sources()).toEqual([NAMES]);
  expect(hints.filter(Boolean).map((hint) => hint!.code)).toEqual(["busy", "busy"]);
  expect(hints.at(-1)).toBeNull();
});

test("a killed app goes on with the photos that had not been uploaded", async () => {
  const ends = new AbortController();
  fake.answer = (_, name) => (Number.parseInt(name) > 5 ? 503 : null);
  const killed = started(chosen(), ends);
  while (fake.uploads.length < 6) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, 500)); // the draft is written as often
  ends.abort();
  await expect(killed).rejects.toThrow("aborted");

  fake.answer = () => null;
  const next = new DraftStore(); // what the next start finds
  expect(next.get().sending).toBe(true);
  await started(next);
  expect([...fake.uploads].sort()).toEqual([...NAMES].sort()); // none twice
  expect(sources()).toEqual([NAMES]);
});

test("a submit whose answer was lost is repeated, and makes one batch", async () => {
  let lost = 0;
  fake.lose = (route) => route.endsWith("/submit") && lost++ < 1;
  expect((await started(chosen())).task).toBe("b0");
  expect(fake.batches.size).toBe(1);
});

test("a photo that the service refuses is told, and the others wait for the answer", async () => {
  fake.answer = (_, name) => (name === "2.jpg" ? 415 : null);
  const draft = chosen();
  const { task, refused } = await started(draft);
  expect(task).toBeNull();
  expect(refused.map(({ name }) => name)).toEqual(["2.jpg"]);
  draft.remove(new Set(["2.jpg"]));
  await started(draft);
  expect(sources()).toEqual([NAMES.filter((name) => name !== "2.jpg")]);
});

test("who leaves the preview does not take its upload from the batch", async () => {
  const draft = chosen();
  const preview = new AbortController(), batch = new AbortController();
  const uploads = new Uploads(draft, (one, signal) => sendFile(fake.service, one, signal));
  const [first] = draft.get().photos;
  const waits = [uploads.source(first!, preview.signal), uploads.source(first!, batch.signal)] as const;
  preview.abort();
  await expect(waits[0]).rejects.toThrow("aborted");
  await expect(waits[1]).resolves.toMatch("upload:0.jpg");
  expect(fake.uploads).toEqual(["0.jpg"]);
});

test("without a key nothing is lost", async () => {
  const draft = chosen();
  fake.answer = () => 401;
  await expect(started(draft)).rejects.toMatchObject({ code: "unauthorized" });
  expect(draft.get().photos).toHaveLength(NAMES.length);
});

test("a photo of the library is there once, however often it is chosen", () => {
  const draft = chosen();
  expect(draft.add([photo("3.jpg"), photo("new.jpg")])).toBe(1);
  expect(draft.get().photos).toHaveLength(NAMES.length + 1);
});
