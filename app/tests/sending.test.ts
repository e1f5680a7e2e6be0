import { sendFile } from "@/device/transfer";
import { type Chosen, DraftStore } from "@/draft/draft";
import { Sending } from "@/draft/sending";
import { Uploads } from "@/draft/uploads";
import { earlier } from "@/results/anew";
import type { Problem } from "@/service/problem";
import type { Photo } from "@/service/service";
import { type Fake, serving } from "./service";

let fake: Fake;
const senders: Sending[] = [];
let hints: (Problem | null)[];

beforeEach(async () => {
  localStorage.clear();
  hints = [];
  fake = await serving();
});

afterEach(() => {
  for (const sending of senders.splice(0)) sending.stop();
  return fake.close();
});

const photo = (name: string): Chosen => ({ id: name, name, uri: "data:image/jpeg;base64,/9j/", album: true, same: name, upload: null, error: null });

const NAMES = Array.from({ length: 12 }, (_, number) => `${number}.jpg`);

function chosen(names = NAMES): DraftStore {
  const draft = new DraftStore();
  draft.add(names.map(photo));
  draft.set({ preset: "filter_warm" });
  return draft;
}

function sender(draft: DraftStore): Sending {
  const uploads = new Uploads(draft, (one, signal) => sendFile(fake.service, one, signal), (hint) => hints.push(hint));
  const sending = new Sending(draft, fake.service, uploads);
  senders.push(sending);
  return sending;
}

/** Wait for what the app comes to. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise(setImmediate);
}

/** Send off and wait until nothing is on its way. */
async function sent(draft: DraftStore): Promise<Sending> {
  const sending = sender(draft);
  sending.start();
  await until(() => !draft.get().going);
  return sending;
}

const batches = () => [...fake.batches.values()];
const only = () => batches()[0]!;

test("every photo goes once, in the order in which it was chosen, into one batch, which is closed", async () => {
  const draft = chosen();
  await sent(draft);
  expect([...fake.uploads].sort()).toEqual([...NAMES].sort());
  expect(batches()).toMatchObject([{ names: NAMES, open: false }]);
  expect(draft.get()).toMatchObject({ photos: [], going: null });
});

test("the batch has the first photos before the last ones are uploaded", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  fake.hold = async (name) => (name === "11.jpg" ? held : undefined);
  const draft = chosen();
  sender(draft).start();
  await until(() => draft.get().going?.at === 11);
  expect(draft.get().going!.task).toBe("b0");
  expect(only()).toMatchObject({ names: NAMES.slice(0, 11), open: true });
  release();
  await until(() => !draft.get().going);
  expect(batches()).toMatchObject([{ names: NAMES, open: false }]);
});

test("an upload that fails is tried again, and the person hears why it waits", async () => {
  let failures = 2;
  fake.answer = (_, name) => (name === "3.jpg" && failures-- > 0 ? 503 : null);
  await sent(chosen());
  expect(only().names).toEqual(NAMES);
  expect(hints.filter(Boolean).map((hint) => hint!.code)).toEqual(["busy", "busy"]);
  expect(hints.at(-1)).toBeNull();
});

test("a killed app goes on with the photos that had not been uploaded", async () => {
  fake.answer = (_, name) => (Number.parseInt(name) > 5 ? 503 : null);
  const killed = sender(chosen());
  killed.start();
  await until(() => only()?.names.length === 6);
  await new Promise((resolve) => setTimeout(resolve, 500)); // the draft is written as often
  killed.stop();

  fake.answer = () => null;
  const next = new DraftStore(); // what the next start finds
  sender(next).begin();
  await until(() => !next.get().going);
  expect([...fake.uploads].sort()).toEqual([...NAMES].sort()); // none twice
  expect(batches()).toMatchObject([{ names: NAMES, open: false }]);
});

test.each(["/submit", "/photos", "/close"])("an answer to %s that was lost changes nothing", async (route) => {
  let lost = 0;
  fake.lose = (path) => path.endsWith(route) && lost++ < 2;
  await sent(chosen());
  expect(lost).toBeGreaterThan(2);
  expect(batches()).toMatchObject([{ names: NAMES, open: false }]);
});

test("photos that came and whose uploads have expired since do not come twice", async () => {
  fake.lose = (path) => path.endsWith("/photos");
  const draft = chosen();
  const killed = sender(draft);
  killed.start();
  await until(() => (only()?.names.length ?? 0) > 0 && draft.get().going!.photos.every(({ upload }) => upload));
  killed.stop();
  draft.go({ photos: draft.get().going!.photos.map((one) => ({ ...one, upload: { ...one.upload!, at: 0 } })) });

  fake.lose = () => false;
  sender(draft).begin();
  await until(() => !draft.get().going);
  expect(batches()).toMatchObject([{ names: NAMES, open: false }]);
});

test("a photo that the service refuses is chosen again, with the reason, and the others are a batch", async () => {
  fake.answer = (_, name) => (name === "2.jpg" ? 415 : null);
  const draft = chosen();
  const sending = await sent(draft);
  expect(batches()).toMatchObject([{ names: NAMES.filter((name) => name !== "2.jpg"), open: false }]);
  expect(draft.get().photos).toMatchObject([{ name: "2.jpg", error: expect.stringMatching(/not a photo/) }]);
  expect(sending.get().said).toMatchObject({ task: "b0", text: expect.stringMatching(/^1 photo cannot/) });
});

test("what a batch that was stopped did not take is chosen again", async () => {
  fake.hold = async (name) => {
    if (name === "5.jpg") {
      await until(() => only().names.length === 5);
      only().open = false;
    }
  };
  const draft = chosen();
  const sending = await sent(draft);
  expect(only().names).toEqual(NAMES.slice(0, 5));
  expect(draft.get().photos.map(({ name }) => name)).toEqual(NAMES.slice(5));
  expect(sending.get().said?.text).toMatch(/takes no more photos/);
});

test("without a key nothing is lost, and with one it goes on", async () => {
  const draft = chosen();
  fake.answer = () => 401;
  const sending = sender(draft);
  sending.start();
  await until(() => sending.get().problem !== null);
  expect(sending.get().problem).toMatchObject({ code: "unauthorized" });
  expect(draft.get().going!.photos).toHaveLength(NAMES.length);
  fake.answer = () => null;
  sending.begin();
  await until(() => !draft.get().going);
  expect(batches()).toMatchObject([{ names: NAMES, open: false }]);
});

test("who gives up before there is a batch has chosen the photos again", async () => {
  fake.answer = () => 503;
  const draft = chosen();
  const sending = sender(draft);
  sending.start();
  await until(() => hints.length > 0);
  sending.giveUp();
  expect(draft.get()).toMatchObject({ going: null, photos: NAMES.map((name) => ({ name })) });
});

test("photos of an earlier batch are not sent again, and the light of all may be matched", async () => {
  const draft = new DraftStore();
  draft.add(earlier("b9", [{ index: 3, name: "a.jpg", source: "upload:7", result: null } as Photo]));
  draft.set({ preset: "filter_warm", light: 0.5 });
  await sent(draft);
  expect(fake.uploads).toEqual([]);
  expect(only().sources).toEqual(["batch:b9/3"]);
  expect(JSON.parse(only().body)).toMatchObject({ preset_id: "filter_warm", consistency: "shoot", consistency_strength: 0.5, open: true, user_id: "app-test" });
});

test("with another service, photos of the one before are gone, and files are sent anew", () => {
  const draft = chosen(["a.jpg"]);
  draft.update("a.jpg", { upload: { source: "upload:1", at: Date.now() } });
  draft.add(earlier("b9", [{ index: 3, name: "b.jpg", source: "upload:7", result: null } as Photo]));
  draft.move(false);
  expect(draft.get().photos).toHaveLength(2);
  draft.move(true);
  expect(draft.get().photos).toMatchObject([{ name: "a.jpg", upload: null }]);
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

test("a photo of the library is there once, however often it is chosen", () => {
  const draft = chosen();
  expect(draft.add([photo("3.jpg"), photo("new.jpg")])).toBe(1);
  expect(draft.get().photos).toHaveLength(NAMES.length + 1);
});
