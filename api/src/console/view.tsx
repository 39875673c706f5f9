import type { ComponentChildren, ComponentType } from 'preact';
import type { Read } from './data.ts';
import { SCREENS, type ScreenName } from './screens.ts';
import type { Overview, Who } from './types.ts';
import { ClockProvider } from './ui/clock.tsx';
import { LiveProvider } from './ui/live.tsx';
import { Nav } from './ui/nav.tsx';
import { OverviewProvider } from './ui/overview.tsx';
import { SayProvider } from './ui/say.tsx';

/** The ids of what the server puts into a page for the browser: the view's place, and what it shows, as JSON. */
export const [VIEW_ID, SHOWN_ID] = ['view', 'shown'];

/** All that a page shows. The server makes HTML of it, and the browser takes that up with the same. */
export interface Shown {
  /** Without it, the screen stands alone. */
  frame?: FrameProps | undefined;
  screen: ScreenName;
  props: object;
}

interface FrameProps {
  /** The server's time, ms since the epoch. */
  now: number;
  pathname: string;
  who: Who;
  overview: Read<Overview>;
}

export function View({ frame, screen, props }: Shown) {
  // A page is only made with what its screen is given (pages.ts).
  const Screen = SCREENS[screen] as ComponentType<object>;
  if (frame === undefined) return <Screen {...props} />;
  return (
    <Frame {...frame}>
      <Screen {...props} />
    </Frame>
  );
}

/** The console's frame: the clock, the stream of changes, the navigation, and a place for short messages. */
function Frame({ now, pathname, who, overview, children }: FrameProps & { children: ComponentChildren }) {
  return (
    <ClockProvider now={now}>
      <LiveProvider>
        <OverviewProvider who={who} overview={overview}>
          <SayProvider>
            <a className="skip" href="#main">
              Skip to the content
            </a>
            <div className="frame">
              <Nav pathname={pathname} />
              <main id="main" tabIndex={-1}>
                {children}
              </main>
            </div>
          </SayProvider>
        </OverviewProvider>
      </LiveProvider>
    </ClockProvider>
  );
}
