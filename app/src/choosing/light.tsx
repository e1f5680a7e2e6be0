// Whether the light of all photos is matched before the look, and how far.

import { Switch, View } from "react-native";

import { Words } from "@/parts/text";
import { TOUCH, usePalette } from "@/parts/theme";
import { t } from "@/words";
import { Slider } from "./sliders";

const LOW = 0.1, STEP = 0.05;

interface Props {
  light: number | null; // 0 to 1; null: not at all
  change: (light: number | null) => void;
}

export function Light({ light, change }: Props) {
  const palette = usePalette();
  return (
    <View style={{ gap: 4 }}>
      <Words strong style={{ marginTop: 8 }}>{t("light.title")}</Words>
      <View style={{ flexDirection: "row", alignItems: "center", minHeight: TOUCH, gap: 8 }}>
        <Words style={{ flex: 1 }}>{t("light.match")}</Words>
        <Switch
          testID="light"
          aria-label={t("light.match")}
          value={light !== null}
          onValueChange={(on) => change(on ? 1 : null)}
          trackColor={{ true: palette.accent, false: palette.line }}
        />
      </View>
      <Words tone="soft" size="small">{t("light.how")}</Words>
      {light === null ? null : (
        <Slider name="light" label={t("light.far")} low={LOW} high={1} step={STEP} own={1} value={light} set={change} />
      )}
    </View>
  );
}
