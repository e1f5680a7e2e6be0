import * as album from "@/device/album";
import { fileName } from "@/device/names";
import * as transfer from "@/device/transfer";
import { forget, saveAll } from "@/results/saving";
import { type Photo, Service } from "@/service/service";

const service = new Service({ address: "http://nowhere", key: "", user: "" });
const results = [0, 1, 2, 3].map((index) => ({ index, result: { url: `/r/${index}`, sha256: `s${index}` } })) as Photo[];

test("a result is saved once, also when saving is broken off and begun again", async () => {
  const saved: string[] = [];
  let full = true;
  jest.spyOn(transfer, "fetchResult").mockImplementation(async (_, url) => url);
  jest.spyOn(transfer, "dropResult").mockImplementation(() => {});
  jest.spyOn(album, "saveToAlbum").mockImplementation(async (uri) => {
    if (full && saved.length === 2) throw new Error("no room");
    saved.push(uri);
  });
  const save = () => saveAll(service, "b1", results, () => {}, new AbortController().signal);
  await expect(save()).rejects.toThrow("no room");
  full = false;
  await save();
  await save();
  expect(saved.sort()).toEqual(["/r/0", "/r/1", "/r/2", "/r/3"]);
  forget("b1");
  await save();
  expect(saved).toHaveLength(8);
});

test("a file has the name that the service gives it, and no folder", () => {
  expect(fileName("attachment; filename=\"a.jpg\"; filename*=UTF-8''%E7%85%A7%E7%89%87.jpg")).toBe("照片.jpg");
  expect(fileName('attachment; filename="../a.jpg"')).toBe(".._a.jpg");
  expect(fileName(null)).toBeNull();
});
