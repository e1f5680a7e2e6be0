// A photo before and after, on both sides of a divider that a finger moves.

import { Image, type ImageErrorEventData } from "expo-image";
import { useMemo, useState } from "react";
import { type AccessibilityActionEvent, type LayoutChangeEvent, PanResponder, Text, View } from "react-native";

import { useDesk } from "@/place";
import type { Picture } from "@/service/service";
import { t } from "@/words";

const LARGE = 1024; // px
const STEP = 0.1; // of the width, for screen readers

interface Props {
  before: Picture;
  after: Picture;
  small: Picture; // there at once, and what is shown of formats that this device cannot
  source: string;
  shape: number; // width by height
}

export function Comparison({ before, after, small, source, shape }: Props) {
  const { service } = useDesk();
  const [space, setSpace] = useState({ width: 0, height: 0 });
  const [part, setPart] = useState(0.5); // of the width that shows the photo as it was
  const [original, setOriginal] = useState<Picture | null>(before);
  const [large, setLarge] = useState<Picture | null>(after);
  const width = Math.min(space.width, space.height * shape);
  const height = width / shape || 0;
  const left = (space.width - width) / 2;

  const hand = useMemo(() => {
    const move = (x: number) => setPart(Math.min(1, Math.max(0, x / (width || 1))));
    return PanResponder.create({
      onStartShouldSetPanResponder: () => true,
      onMoveShouldSetPanResponder: () => true,
      onPanResponderGrant: ({ nativeEvent }) => move(nativeEvent.pageX - left),
      onPanResponderMove: ({ nativeEvent }) => move(nativeEvent.pageX - left),
    });
  }, [width, left]);

  /** HEIC, RAW and TIFF are not shown everywhere: then the service shows what came. */
  async function lacking(_: ImageErrorEventData) {
    setOriginal(null);
    if (!source.startsWith("upload:")) return;
    const [made] = await service.previews(source, [{ preset_type: "color" }], LARGE).catch(() => []);
    if (made?.image) setOriginal({ uri: `data:image/jpeg;base64,${made.image}` });
  }

  function stepped({ nativeEvent }: AccessibilityActionEvent) {
    const step = nativeEvent.actionName === "increment" ? STEP : -STEP;
    setPart((now) => Math.min(1, Math.max(0, now + step)));
  }

  const fill = { position: "absolute", left: 0, top: 0, width, height } as const;
  return (
    <View style={{ flex: 1, justifyContent: "center", alignItems: "center", overflow: "hidden" }} onLayout={({ nativeEvent }: LayoutChangeEvent) => setSpace(nativeEvent.layout)}>
      <View
        {...hand.panHandlers}
        accessible
        role="slider"
        aria-label={t("viewer.divider")}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(part * 100)}
        accessibilityActions={[{ name: "increment" }, { name: "decrement" }]}
        onAccessibilityAction={stepped}
        style={{ width, height, overflow: "hidden" }}
      >
        <Image source={small} contentFit="fill" accessibilityLabel="" style={fill} />
        {large ? <Image testID="after" source={large} contentFit="fill" accessibilityLabel={t("viewer.after")} onError={() => setLarge(null)} style={fill} /> : null}
        {original ? (
          <View style={{ position: "absolute", left: 0, top: 0, height, width: width * part, overflow: "hidden" }}>
            <Image testID="before" source={original} contentFit="fill" accessibilityLabel={t("viewer.before")} onError={lacking} style={fill} />
          </View>
        ) : null}
        {original ? <View pointerEvents="none" style={{ position: "absolute", top: 0, left: width * part - 1, width: 2, height, backgroundColor: "#fff" }} /> : null}
        {original ? <Side text={t("viewer.before")} left={8} /> : null}
        <Side text={t("viewer.after")} right={8} />
      </View>
    </View>
  );
}

function Side({ text, ...place }: { text: string; left?: number; right?: number }) {
  return (
    <View pointerEvents="none" style={{ position: "absolute", top: 8, ...place, backgroundColor: "#0009", borderRadius: 10, paddingHorizontal: 8, paddingVertical: 2 }}>
      <Text style={{ color: "#fff", fontSize: 13 }}>{text}</Text>
    </View>
  );
}
