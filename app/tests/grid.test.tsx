/** @jest-environment jsdom */

import { act, type ReactNode } from "react";
import { SafeAreaInsetsContext } from "react-native-safe-area-context";

import { DraftStore } from "@/draft/draft";
import { Sending } from "@/draft/sending";
import { Uploads } from "@/draft/uploads";
import { DeskContext, type Desk } from "@/place";
import { BatchScreen } from "@/results/batch-screen";
import { type Batch, type Photo, Service } from "@/service/service";
import type { Watched } from "@/service/watch";

const mockRendered: string[] = []; // the pictures of cells, as often as they were rendered
let mockTell: (now: Watched) => void;

jest.mock("expo-image", () => ({
  Image: ({ recyclingKey }: { recyclingKey?: string }) => {
    if (recyclingKey) mockRendered.push(recyclingKey);
    return null;
  },
}));
jest.mock("@shopify/flash-list/dist/recyclerview/utils/measureLayout", () => {
  const room = { x: 0, y: 0, width: 400, height: 900 }; // jsdom lays nothing out
  const cell = { ...room, width: 130, height: 130 };
  const actual = jest.requireActual("@shopify/flash-list/dist/recyclerview/utils/measureLayout");
  return { ...actual, measureParentSize: () => room, measureFirstChildLayout: () => room, measureItemLayout: () => cell };
});
jest.mock("@/service/watch", () => ({
  ...jest.requireActual("@/service/watch"),
  watch: (_service: unknown, _task: string, changed: (now: Watched) => void) => {
    mockTell = changed;
    return new Promise(() => {});
  },
}));

interface Root {
  render(what: ReactNode): void;
  unmount(): void;
}

const { createRoot } = jest.requireActual<{ createRoot: (place: Element) => Root }>("react-dom/client");
const COUNT = 1000;
const service = new Service({ address: "http://nowhere.invalid", key: "", user: "u" });
const photo = (index: number): Photo =>
  ({ index, name: `${index}.jpg`, status: "processing", error: null, result: { thumbnail_url: `/t/${index}?1`, url: `/r/${index}` } }) as Photo;
const batch = { task_id: "b1", status: "processing", name: "b", counts: { total: COUNT, succeeded: 1, failed: 0, cancelled: 0 }, preset: { id: "p" } } as unknown as Batch;

let root: Root;

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  jest.spyOn(service, "ask").mockReturnValue(new Promise(() => {}) as never);
  root = createRoot(document.body.appendChild(document.createElement("div")));
});

afterEach(() => act(async () => root.unmount()));

test("news of one photo of a thousand render one cell", async () => {
  const draft = new DraftStore();
  const sending = new Sending(draft, service, new Uploads(draft, () => new Promise(() => {})));
  const desk = { service, draft, sending, back() {} } as unknown as Desk;
  const shown = (
    <SafeAreaInsetsContext.Provider value={{ top: 0, right: 0, bottom: 0, left: 0 }}>
      <DeskContext.Provider value={desk}><BatchScreen task="b1" /></DeskContext.Provider>
    </SafeAreaInsetsContext.Provider>
  );
  await act(async () => root.render(shown));
  const photos = Array.from({ length: COUNT }, (_, index) => photo(index));
  await act(async () => mockTell({ batch, photos, connected: true }));
  for (let before = -1; before < mockRendered.length; ) { // the list adds cells bit by bit
    before = mockRendered.length;
    await act(() => new Promise((resolve) => setTimeout(resolve, 200)));
  }
  const there = new Set(mockRendered);
  expect(there.has("3")).toBe(true);
  expect(there.size).toBeLessThan(100);

  mockRendered.length = 0;
  const next = photos.slice();
  next[3] = { ...photo(3), status: "succeeded" };
  await act(async () => mockTell({ batch: { ...batch, version: 9 }, photos: next, connected: true }));
  expect(mockRendered).toEqual(["3"]);
  mockRendered.length = 0;
  await act(async () => mockTell({ batch: { ...batch, version: 10 }, photos: next, connected: true }));
  expect(mockRendered).toEqual([]);
});
