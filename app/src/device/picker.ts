// Photos from the phone's own picker, which needs no permission. They come as they are: HEIC stays HEIC.

import { randomUUID } from "expo-crypto";
import { launchImageLibraryAsync, type ImagePickerAsset, UIImagePickerPreferredAssetRepresentationMode } from "expo-image-picker";

import { keptFile } from "./chosen-files";
import type { Chosen } from "@/draft/draft";

/** Let the person choose; returns the photos, none if it was given up. */
export async function pickPhotos(): Promise<Chosen[]> {
  const picked = await launchImageLibraryAsync({
    mediaTypes: ["images"],
    allowsMultipleSelection: true,
    selectionLimit: 0, // none
    orderedSelection: true,
    quality: 1, // anything less would encode them again
    exif: false, // it is in the files
    preferredAssetRepresentationMode: UIImagePickerPreferredAssetRepresentationMode.Current,
  });
  return picked.canceled ? [] : Promise.all(picked.assets.map(chosen));
}

async function chosen(asset: ImagePickerAsset): Promise<Chosen> {
  const id = randomUUID();
  const name = asset.fileName ?? asset.uri.split("/").pop()!;
  return { id, name, uri: await keptFile(id, name, asset.uri), album: false, same: asset.assetId ?? null, upload: null, error: null };
}
