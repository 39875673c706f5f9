import { createContext, type ComponentChildren } from 'preact';
import { useCallback, useContext, useRef, useState } from 'preact/hooks';

/** How long a message stays (ms): long enough to be read twice. */
const STAYS_MS = 6_000;
const Say = createContext<(message: string) => void>(() => undefined);

/** Where short messages appear that need no answer: what has been done. */
export function SayProvider({ children }: { children: ComponentChildren }) {
  const [message, setMessage] = useState<string>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const say = useCallback((next: string) => {
    clearTimeout(timer.current);
    setMessage(next);
    timer.current = setTimeout(() => setMessage(undefined), STAYS_MS);
  }, []);
  return (
    <Say value={say}>
      {children}
      <div className="said" role="status">
        {message !== undefined && <p>{message}</p>}
      </div>
    </Say>
  );
}

/** Says that something has been done. */
export const useSay = () => useContext(Say);
