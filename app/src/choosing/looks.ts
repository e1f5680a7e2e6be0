// What the service knows of looks: presets, sliders, and previews of them on one's own photos.

import { useEffect, useState } from "react";

import type { Chosen } from "@/draft/draft";
import { useDesk } from "@/place";
import { pause } from "@/service/pause";
import { isAbort, Problem } from "@/service/problem";
import type { Preset, PreviewItem, SliderGroup } from "@/service/service";

const CARD = 256, LARGE = 1024; // px
const QUIET = 150; // ms without a move of a slider
const AGAIN = 2500; // ms
const AT_ONCE = 24; // looks that one call may preview
const UNCHANGED: PreviewItem = { preset_type: "color" }; // a look that changes nothing

export interface Looks {
  presets: Preset[];
  groups: SliderGroup[];
  problem: Problem | null;
  again: () => void;
}

/** Read which looks there are. Erase needs a painter, which the app does not have. */
export function useLooks(): Looks {
  const { service } = useDesk();
  const [found, setFound] = useState<Omit<Looks, "again">>({ presets: [], groups: [], problem: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const ends = new AbortController();
    const read = async () => {
      const [presets, sliders] = await Promise.all([
        service.ask("get", "/api/v1/presets", { query: service.owner, signal: ends.signal }),
        service.ask("get", "/api/v1/sliders", { signal: ends.signal }),
      ]);
      setFound({ presets: presets.items.filter(({ type }) => type !== "erase"), groups: sliders.items, problem: null });
    };
    read().catch((problem) => isAbort(problem) || setFound((before) => ({ ...before, problem })));
    return () => ends.abort();
  }, [service, round]);
  return { ...found, again: () => setRound(round + 1) };
}

/** Return small pictures of all looks on one photo, by the preset's id, as they come. */
export function useCards(photo: Chosen | undefined, presets: Preset[]): Record<string, string> {
  const { service, uploads } = useDesk();
  const [cards, setCards] = useState<Record<string, string>>({});
  const id = photo?.id;
  useEffect(() => {
    const ends = new AbortController();
    const read = async () => {
      const source = await uploads.source(photo!, ends.signal);
      const some = presets.slice(0, AT_ONCE);
      const pictures = await service.previews(source, some.map((preset) => ({ preset_id: preset.id })), CARD, ends.signal);
      const made = pictures.flatMap(({ image }, place) => (image ? [[some[place]!.id, jpeg(image)]] : []));
      setCards(Object.fromEntries(made));
    };
    if (id && presets.length) void patiently(read, ends.signal).catch(() => {}); // the large preview says what is wrong
    return () => ends.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the photo's upload changes it, and is no reason
  }, [service, uploads, id, presets]);
  return cards;
}

export interface Preview {
  before: string | null;
  after: string | null;
  shape: number; // width by height
  busy: boolean;
  problem: Problem | null;
}

const NOTHING: Preview = { before: null, after: null, shape: 1, busy: true, problem: null };

/** Return a photo with a look, and as it came. */
export function usePreview(photo: Chosen | undefined, look: PreviewItem | undefined): Preview {
  const { service, uploads } = useDesk();
  const [shown, setShown] = useState<Preview & { id?: string }>(NOTHING);
  const id = photo?.id;
  const wanted = JSON.stringify(look);
  useEffect(() => {
    if (!id || !wanted) return;
    const ends = new AbortController();
    const read = async () => {
      const source = await uploads.source(photo!, ends.signal);
      const items = [JSON.parse(wanted) as PreviewItem, UNCHANGED];
      const [after, before] = await service.previews(source, items, LARGE, ends.signal);
      const { image, error, width, height } = after!;
      const problem = error ? new Problem(error.code, error.message, { status: 422 }) : null;
      setShown({
        id, before: before?.image ? jpeg(before.image) : null, after: image ? jpeg(image) : null,
        shape: width / height || 1, busy: false, problem,
      });
    };
    setShown((last) => ({ ...(last.id === id ? last : NOTHING), id, busy: true, problem: null }));
    pause(QUIET, ends.signal)
      .then(() => patiently(read, ends.signal))
      .catch((problem) => isAbort(problem) || setShown((last) => ({ ...last, busy: false, problem })));
    return () => ends.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the photo's upload changes it, and is no reason
  }, [service, uploads, id, wanted]);
  return shown;
}

/** Try again what passes: no worker yet, or the network away. Raises what does not, and AbortError. */
async function patiently(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (problem) {
      if (!(problem instanceof Problem) || !problem.passing) throw problem;
      await pause(AGAIN, signal);
    }
  }
}

const jpeg = (base64: string) => `data:image/jpeg;base64,${base64}`;
