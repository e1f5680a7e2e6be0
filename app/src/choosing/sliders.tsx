// A preset's parameters as sliders, as the service lists them; each can be put back to what the preset has.

import { useState } from "react";
import { View } from "react-native";

import { Button } from "@/parts/button";
import { Range } from "@/parts/range";
import { Words } from "@/parts/text";
import { FIGURES } from "@/parts/theme";
import type { Preset, SliderGroup } from "@/service/service";
import { localized, t } from "@/words";

export type Params = Record<string, number>;

interface Props {
  preset: Pick<Preset, "type" | "params">;
  groups: SliderGroup[];
  params: Params; // what differs from the preset
  change: (params: Params) => void;
}

export function Sliders({ preset, groups, params, change }: Props) {
  return groups
    .filter(({ types }) => types.includes(preset.type))
    .map((group) => (
      <View key={group.label.en} style={{ gap: 4 }}>
        <Words strong style={{ marginTop: 8 }}>{localized(group.label)}</Words>
        {group.sliders.map((slider) => {
          const own = Number(preset.params[slider.name] ?? slider.neutral);
          const set = (value: number) => {
            const { [slider.name]: _, ...others } = params;
            change(Math.abs(value - own) < 1e-9 ? others : { ...others, [slider.name]: value });
          };
          return <Slider key={slider.name} {...slider} label={localized(slider.label)} own={own} value={params[slider.name] ?? own} set={set} />;
        })}
      </View>
    ));
}

interface SliderProps {
  name: string;
  label: string;
  low: number;
  high: number;
  step: number;
  own: number; // to which it can be put back
  value: number;
  set: (value: number) => void;
}

export function Slider({ name, label, low, high, step, own, value, set }: SliderProps) {
  const [moving, setMoving] = useState<number | null>(null);
  const now = moving ?? value;
  const text = shown(now, low, high);
  return (
    <View>
      <View style={{ flexDirection: "row", alignItems: "center", minHeight: 32 }}>
        <Words style={{ flex: 1 }}>{label}</Words>
        {Math.abs(now - own) < 1e-9 ? null : <Button title={t("look.reset", { name: label })} symbol="↺" onPress={() => set(own)} />}
        <Words tone="soft" style={{ minWidth: 44, textAlign: "right", fontVariant: FIGURES?.slice() }}>{text}</Words>
      </View>
      <Range
        testID={`slider-${name}`}
        label={label}
        text={text}
        low={low}
        high={high}
        step={step}
        value={value}
        moving={(next) => setMoving(rounded(next, step))}
        moved={(next) => {
          setMoving(null);
          set(rounded(next, step));
        }}
      />
    </View>
  );
}

/** Sliders of the system return 0.30000001 for 0.3. */
function rounded(value: number, step: number): number {
  return Number((Math.round(value / step) * step).toFixed(6));
}

function shown(value: number, low: number, high: number): string {
  const text = high === 1 ? String(Math.round(value * 100)) : String(value);
  return low < 0 && value > 0 ? `+${text}` : text;
}
