import type { ReactNode } from 'react';
import { readOverview, whoIs } from '../../src/console/data.ts';
import { ClockProvider } from '../../src/console/ui/clock.tsx';
import { LiveProvider } from '../../src/console/ui/live.tsx';
import { Nav } from '../../src/console/ui/nav.tsx';
import { OverviewProvider } from '../../src/console/ui/overview.tsx';
import { SayProvider } from '../../src/console/ui/say.tsx';
import { Problem } from '../../src/console/ui/state.tsx';

/** The console's frame: whoever has no session is sent to where one begins. */
export default async function Layout({ children }: { children: ReactNode }) {
  const who = await whoIs();
  if (who.is === 'problem')
    return (
      <main className="alone">
        <h1>Nobody can be let in just now</h1>
        <Problem>{who.detail}</Problem>
      </main>
    );
  const overview = await readOverview();
  const now = overview.is === 'read' ? Date.parse(overview.value.now) : Date.now();
  return (
    <ClockProvider now={now}>
      <LiveProvider>
        <OverviewProvider who={who.value} overview={overview}>
          <SayProvider>
            <a className="skip" href="#main">
              Skip to the content
            </a>
            <div className="frame">
              <Nav />
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
