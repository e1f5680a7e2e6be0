// What was chosen and is not handed in yet. It outlives a reload, a crash and a dead battery: in IndexedDB, files too.

import { token } from "/web/parts/api.js";

// The browser copies what it keeps: with more than this, or this part of the room that it gives us, files stay where
// they are, and leaving the page asks first.
const KEPT = 1 << 30, SHARE = 0.4;
const BLANK = { own: null, known: null, upload: null, strokes: null, mask: null, maskUpload: null, faces: null, error: null };
const EMPTY = { preset: null, params: {}, output: {}, light: null, name: null, request: null };

/**
 * One photo: `{id, name, file | null, url | null, known | null}` and what is noted about it, `{own, upload, strokes,
 * mask, maskUpload, faces, error}`: its own parameters as {preset, params}, the service's Upload, what was painted, its
 * mask as a Blob and as an Upload, the parameter `faces` of this photo, why the service does not take the photo; null for
 * none. `known` is the upload by which the service can show a photo of an earlier batch.
 */
export class Draft extends EventTarget {
  constructor() {
    super();
    this.photos = [];
    this.settings = { ...EMPTY };
    this.going = []; // photos on their way into an open batch: they are chosen no more
    this.open = null; // of that batch what a reload must know; see underway.js
    this.safe = true; // whether all of it is kept
  }

  /** Read what an earlier visit left. */
  async load() {
    try {
      this._db = await opened();
      const [photos, notes, settings, open, going] = await Promise.all([
        all(this._db, "photos"), all(this._db, "notes"), ...["settings", "open", "going"].map((key) => one(this._db, key)),
      ]);
      const noted = new Map(notes.map((note) => [note.id, note]));
      this.photos = photos.sort((a, b) => a.order - b.order).map((photo) => ({ ...BLANK, ...photo, ...noted.get(photo.id) }));
      this.settings = { ...EMPTY, ...settings };
      this.open = open ?? null;
      const left = new Set(open ? going : []);
      this.going = this.photos.filter(({ id }) => left.has(id));
      this.photos = this.photos.filter(({ id }) => !left.has(id));
    } catch (error) { // a private window, or no room
      console.warn("drafts are not kept", error);
      this.safe = false;
    }
  }

  /** Add files, addresses, and photos of an earlier batch, {name, url, known}; those that are there already are not added twice. Returns how many were new. */
  add({ files = [], urls = [], earlier = [] }) {
    const unreadable = new Map(this.photos.filter(({ error, file }) => error && file).map((photo) => [identity(photo), photo]));
    const again = files.filter((file) => unreadable.has(identity({ file })));
    for (const file of again) { // a card that was put back in: the file of before leads nowhere
      const photo = unreadable.get(identity({ file }));
      photo.file = file;
      this._keepPhotos([photo]);
      this.update(photo, { error: null, upload: null });
    }
    const there = new Set(this.photos.map(identity));
    let order = this.photos.at(-1)?.order ?? 0;
    const wanted = [
      ...files.map((file) => ({ name: file.name, file, url: null })),
      ...urls.map((url) => ({ name: nameOf(url), file: null, url })),
      ...earlier.map((photo) => ({ ...photo, file: null })),
    ].filter((photo) => !there.has(identity(photo)) && there.add(identity(photo)));
    const made = wanted.map((photo) => ({ ...BLANK, ...photo, id: token(), order: ++order }));
    if (!made.length && !again.length) return 0;
    this.photos.push(...made);
    this._keepPhotos(made);
    this._changed();
    return made.length + again.length;
  }

  /** Take photos out, by id; returns them. */
  remove(gone) {
    const removed = this.photos.filter((photo) => gone.has(photo.id));
    this.photos = this.photos.filter((photo) => !gone.has(photo.id));
    for (const name of ["photos", "notes"]) this._write(name, (store) => gone.forEach((id) => store.delete(id)));
    this._changed();
    return removed;
  }

  /** Put photos that were taken out where they were. */
  putBack(removed) {
    const there = new Set(this.photos.map(({ id }) => id));
    const back = removed.filter(({ id }) => !there.has(id));
    this.photos = [...this.photos, ...back].sort((a, b) => a.order - b.order);
    this._keepPhotos(back);
    for (const photo of back) this.update(photo, {});
    this._changed();
  }

  /** Note something about a photo. */
  update(photo, change) {
    Object.assign(photo, change);
    const { id, own, upload, strokes, mask, maskUpload, faces, error } = photo;
    const note = { id, own, upload, strokes, mask, maskUpload, faces, error };
    if (this.photos.includes(photo) || this.going.includes(photo)) this._write("notes", (store) => store.put(note));
    if (["mask", "faces", "own"].some((name) => name in change)) this.set({ request: null });
    if (change.error) this.dispatchEvent(new Event("note"));
  }

  /** Note something about the whole. What is handed in under another look is another request. */
  set(change) {
    const before = JSON.stringify(this.settings);
    Object.assign(this.settings, change);
    if (JSON.stringify(this.settings) === before) return;
    if (!("request" in change)) this.settings.request = null;
    this._write("settings", (store) => store.put(this.settings, "settings"));
  }

  /** What was sent belongs to another key: the service would not let it be named. */
  forgetUploads() {
    for (const photo of this.photos) this.update(photo, { upload: null, maskUpload: null });
    this.set({ request: null });
  }

  /** These are the service's now, or refused; what else there is stays. */
  handedIn(photos) {
    this.remove(new Set(photos.map(({ id }) => id)));
    if (!this.photos.length && !this.going.length) this._clear();
  }

  /** These are on their way into an open batch from now on; `open` is what is known of it. */
  depart(photos, open) {
    const gone = new Set(photos);
    this.going = photos;
    this.photos = this.photos.filter((photo) => !gone.has(photo));
    this._write("settings", (store) => store.put(photos.map(({ id }) => id), "going"));
    this.noteOpen(open);
    this._changed();
  }

  /** Note how far the open batch is; null: it is closed. */
  noteOpen(open) {
    this.open = open;
    this._write("settings", (store) => (open ? store.put(open, "open") : store.delete("open")));
  }

  /** These are the batch's now. */
  arrived(photos) {
    const there = new Set(photos);
    this.going = this.going.filter((photo) => !there.has(photo));
    for (const name of ["photos", "notes"]) this._write(name, (store) => photos.forEach(({ id }) => store.delete(id)));
    if (!this.photos.length && !this.going.length) this._clear();
  }

  /** These do not get there: they are chosen again. */
  turnBack(photos) {
    const back = new Set(photos);
    this.going = this.going.filter((photo) => !back.has(photo));
    this.photos = [...this.photos, ...photos].sort((a, b) => a.order - b.order);
    this._changed();
  }

  _clear() {
    this.photos = [];
    this.settings = { ...EMPTY };
    this.safe = Boolean(this._db);
    for (const name of ["photos", "notes", "settings"]) this._write(name, (store) => store.clear());
  }

  async _keepPhotos(photos) {
    const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    const size = photos.reduce((sum, photo) => sum + (photo.file?.size ?? 0), 0);
    if (size + usage > Math.min(KEPT, quota * SHARE)) this.safe = false;
    else {
      this._write("photos", (store) => {
        for (const { id, order, name, file, url, known } of photos) store.put({ id, order, name, file, url, known });
      });
    }
  }

  _write(name, work) {
    if (!this._db) return;
    try {
      const transaction = this._db.transaction(name, "readwrite");
      transaction.onabort = () => {
        this.safe = false;
      };
      work(transaction.objectStore(name));
    } catch (error) { // the browser has closed it, as some do to a page that sleeps
      console.warn("the draft is not kept any more", error);
      this.safe = false;
    }
  }

  _changed() {
    this.set({ request: null });
    this.dispatchEvent(new Event("change"));
  }
}

function identity({ file, url }) {
  return url ?? `${file.name} ${file.size} ${file.lastModified}`;
}

function nameOf(url) {
  const last = new URL(url).pathname.split("/").pop();
  try {
    return decodeURIComponent(last) || url;
  } catch {
    return last; // a % that means itself
  }
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("photobatch", 1);
    request.onupgradeneeded = () => {
      for (const name of ["photos", "notes"]) request.result.createObjectStore(name, { keyPath: "id" });
      request.result.createObjectStore("settings");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function all(db, name) {
  return answered(db.transaction(name).objectStore(name).getAll());
}

function one(db, key) {
  return answered(db.transaction("settings").objectStore("settings").get(key));
}

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
