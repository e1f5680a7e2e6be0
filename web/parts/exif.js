// The small picture that cameras put into a JPEG's EXIF: there at once, without decoding twelve megapixels.

const HEAD = 256 << 10;
const ORIENTATION = 0x0112, THUMBNAIL_AT = 0x0201, THUMBNAIL_BYTES = 0x0202;

/**
 * Return `{blob, orientation, width, height}` of a file's embedded thumbnail, with the size of the photo as it is
 * stored; null where there is none.
 */
export async function embeddedThumbnail(file) {
  const view = new DataView(await file.slice(0, HEAD).arrayBuffer());
  try {
    return read(view);
  } catch (error) {
    if (error instanceof RangeError) return null; // cut, or pointing beyond what was read
    throw error;
  }
}

function read(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  let found = null;
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xe1 && !found && view.getUint32(at + 4) === 0x45786966) found = thumbnail(view, at + 10); // "Exif"
    if (marker >= 0xc0 && marker <= 0xc2) return found && { ...found, height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    if (marker === 0xda) break;
  }
  return null;
}

function thumbnail(view, tiff) {
  const little = view.getUint16(tiff) === 0x4949;
  const first = tags(view, tiff, view.getUint32(tiff + 4, little), little);
  const second = first.next ? tags(view, tiff, first.next, little) : null;
  const start = second?.get(THUMBNAIL_AT), length = second?.get(THUMBNAIL_BYTES);
  if (!start || !length) return null;
  const bytes = new Uint8Array(view.buffer, tiff + start, length);
  return { blob: new Blob([bytes], { type: "image/jpeg" }), orientation: first.get(ORIENTATION) ?? 1 };
}

function tags(view, tiff, at, little) {
  const found = new Map();
  const count = view.getUint16(tiff + at, little);
  for (let entry = tiff + at + 2, end = entry + 12 * count; entry < end; entry += 12) {
    const short = view.getUint16(entry + 2, little) === 3;
    found.set(view.getUint16(entry, little), short ? view.getUint16(entry + 8, little) : view.getUint32(entry + 8, little));
  }
  found.next = view.getUint32(tiff + at + 2 + 12 * count, little);
  return found;
}
