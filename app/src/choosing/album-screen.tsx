// Photos from the phone's library, as many as one likes at once: all of an album by one press.

import { useCallback, useEffect, useState } from "react";
import { View } from "react-native";

import { type AlbumName, albums, mayRead, photosOf } from "@/device/album";
import { tell } from "@/parts/asking";
import { Button } from "@/parts/button";
import { Message } from "@/parts/message";
import { type Cell, PhotoGrid } from "@/parts/photo-grid";
import { Screen } from "@/parts/screen";
import { Strip } from "@/parts/strip";
import type { Chosen } from "@/draft/draft";
import { useDesk } from "@/place";
import { t } from "@/words";
import { idOf, toggled, useSelection } from "./selection";

export function AlbumScreen() {
  const { draft, back } = useDesk();
  const [allowed, setAllowed] = useState<boolean | null>(null);
  const [names, setNames] = useState<AlbumName[]>([]);
  const [album, setAlbum] = useState<AlbumName>({ id: null, title: t("app.recent") });
  const [photos, setPhotos] = useState<Chosen[]>([]);
  const [selected, setSelected] = useSelection(photos);

  useEffect(() => {
    mayRead().then(async (yes) => {
      setAllowed(yes);
      if (yes) setNames(await albums());
    }, () => setAllowed(false));
  }, []);

  useEffect(() => {
    let current = true;
    if (allowed) photosOf(album).then((found) => current && setPhotos(found));
    return () => {
      current = false;
    };
  }, [allowed, album]);

  const cellOf = useCallback(
    ({ id, name, uri }: Chosen): Cell => ({ id, name, label: name, picture: { uri }, mark: selected.has(id) ? "chosen" : undefined }),
    [selected],
  );
  const press = useCallback((id: string) => setSelected((before) => toggled(before, id)), [setSelected]);

  function add() {
    const there = draft.add(photos.filter(({ id }) => selected.has(id)));
    if (there) tell(t("choose.there", { n: there }));
    back();
  }

  const whole = photos.length > 0 && selected.size === photos.length;
  return (
    <Screen
      title={album.title}
      back={back}
      actions={
        <Button
          title={t(whole ? "choose.none" : "choose.all")}
          disabled={!photos.length}
          onPress={() => setSelected(new Set(whole ? [] : photos.map(({ id }) => id)))}
        />
      }
      footer={<Button grow kind="primary" title={t("app.addSome", { n: selected.size })} disabled={!selected.size} onPress={add} />}
    >
      {allowed === false ? <Message text={t("app.access")} /> : null}
      {names.length ? (
        <View style={{ paddingTop: 8 }}>
          <Strip>
            {[{ id: null, title: t("app.recent") }, ...names].map((one) => (
              <Button key={one.id ?? ""} title={one.title} chosen={one.id === album.id} onPress={() => setAlbum(one)} />
            ))}
          </Strip>
        </View>
      ) : null}
      <PhotoGrid items={photos} keyOf={idOf} cellOf={cellOf} press={press} />
    </Screen>
  );
}
