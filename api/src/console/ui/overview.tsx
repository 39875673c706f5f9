import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import type { Read } from '../data.ts';
import type { Overview, Who } from '../types.ts';
import { useFresh, type Fresh } from './live.tsx';

/** While a page shows it, and while only the navigation's badges are made of it (ms). */
const [SHOWN_MS, BADGES_MS] = [500, 5_000];

interface Console extends Fresh<Overview> {
  who: Who;
  /** A page says that it shows the overview; the function returned, that it doesn't any more. */
  show: () => () => void;
}
const ConsoleContext = createContext<Console | undefined>(undefined);

/** Who looks, and how everything is: one reading for the navigation and every page. */
export function OverviewProvider({
  who,
  overview,
  children,
}: {
  who: Who;
  overview: Read<Overview>;
  children: ComponentChildren;
}) {
  const [shown, setShown] = useState(0);
  const initial = overview.is === 'read' ? overview.value : undefined;
  const fresh = useFresh('/api/onlyfans/overview', initial, { everyMs: shown > 0 ? SHOWN_MS : BADGES_MS });
  const said = overview.is === 'problem' && fresh.value === undefined ? overview.detail : undefined;
  const value = useMemo<Console>(
    () => ({
      ...fresh,
      problem: fresh.problem ?? said,
      who,
      show: () => {
        setShown(count => count + 1);
        return () => setShown(count => count - 1);
      },
    }),
    [fresh.value, fresh.problem, fresh.refresh, said, who],
  );
  return <ConsoleContext value={value}>{children}</ConsoleContext>;
}

function useConsole(): Console {
  const found = useContext(ConsoleContext);
  if (found === undefined) throw new Error('this component belongs into the console’s frame');
  return found;
}

/** How everything is, kept fresh. */
export function useOverview(): Fresh<Overview> {
  const { show, value, problem, refresh } = useConsole();
  useEffect(() => show(), []);
  return { value, problem, refresh };
}

/** How everything is, as it was read for others: enough for a badge. */
export function useGlance(): Overview | undefined {
  return useConsole().value;
}

/** Who looks, and what they may do: `act` on creators and operations, `govern` what concerns everybody. */
export function useWho(): Who & { mayAsk: boolean; mayAct: boolean; mayGovern: boolean } {
  const { who } = useConsole();
  const mayAct = who.role === 'operator';
  return { ...who, mayAsk: who.role !== 'viewer', mayAct, mayGovern: mayAct && who.creators === 'all' };
}
