// Another look on photos of a batch: the service has them, so nothing is sent again.

import type { Chosen } from "@/draft/draft";
import type { Photo } from "@/service/service";

/** Return photos of a batch as chosen ones, without those that are not read yet. */
export function earlier(task: string, photos: (Photo | undefined)[]): Chosen[] {
  return photos.flatMap((photo) => {
    if (!photo) return [];
    const { index, name, source, result } = photo;
    const place = `batch:${task}/${index}`;
    const upload = source.startsWith("upload:") ? source : null;
    const uri = result?.thumbnail_url ?? "";
    return [{ id: place, name, uri, album: false, same: place, upload: null, error: null, earlier: { source: place, upload } }];
  });
}
