// A batch on the screen.

import { useCallback, useEffect, useState } from "react";
import { AppState } from "react-native";

import { useDesk } from "@/place";
import { isAbort, type Problem } from "@/service/problem";
import { watch, type Watched } from "@/service/watch";

type Action = "pause" | "resume" | "cancel" | "retry";

export interface Shown extends Watched {
  problem: Problem | null;
  act: (action: Action) => Promise<void>;
  again: () => void;
}

export function useBatch(task: string): Shown {
  const { service } = useDesk();
  const [watched, setWatched] = useState<Watched>({ batch: null, photos: [], connected: true });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((before) => before + 1), []);

  useEffect(() => {
    const ends = new AbortController();
    setProblem(null);
    watch(service, task, (now) => ends.signal.aborted || setWatched(now), ends.signal, awake)
      .catch((error) => isAbort(error) || ends.signal.aborted || setProblem(error));
    return () => ends.abort();
  }, [service, task, round]);

  const act = useCallback(
    async (action: Action) => {
      const batch = await service.ask("post", `/api/v1/batch/{task_id}/${action}`, { path: { task_id: task } });
      setWatched((before) => ({ ...before, batch }));
      if (action === "retry") again(); // it was followed to its end
    },
    [service, task, again],
  );
  return { ...watched, problem, act, again };
}

function awake(wake: () => void): () => void {
  let away = false;
  const changed = AppState.addEventListener("change", (state) => {
    if (state === "background") away = true;
    else if (state === "active" && away) wake();
  });
  return () => changed.remove();
}
