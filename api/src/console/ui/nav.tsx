import { needsPerson } from '../creators/order.ts';
import { isHere } from '../paths.ts';
import { grouped } from '../times.ts';
import type { Overview } from '../types.ts';
import { ask } from './ask.ts';
import { LiveSign } from './live.tsx';
import { Mark } from './mark.tsx';
import { useGlance, useWho } from './overview.tsx';
import { useSay } from './say.tsx';

/** Only what a person is needed for: otherwise no number. */
const PAGES: { href: string; name: string; badge?: (overview: Overview) => number; isForGoverning?: true }[] =
  [
    { href: '/', name: 'Overview' },
    { href: '/operations', name: 'Operations' },
    { href: '/creators', name: 'Creators', badge: ({ creators }) => creators.filter(needsPerson).length },
    { href: '/dead-letters', name: 'Dead letters', badge: ({ dead_letters }) => dead_letters?.total ?? 0 },
    { href: '/limits', name: 'Limits' },
    { href: '/activity', name: 'Activity', isForGoverning: true },
    { href: '/settings', name: 'Settings', isForGoverning: true },
  ];

/** The navigation: where one is, where a person is needed, whether what is shown is live, who looks. */
export function Nav({ pathname }: { pathname: string }) {
  const overview = useGlance();
  const { role, creators, token_id, mayGovern } = useWho();
  const say = useSay();
  const signOut = async () => {
    const answer = await ask('DELETE', '/api/session');
    if (answer.is === 'problem') return say(answer.detail);
    window.location.assign('/sign-in');
  };
  return (
    <header className="side">
      <div className="brand">
        <a href="/" className="mark">
          <Mark /> Huntaze
        </a>
        <LiveSign />
      </div>
      <nav aria-label="Console">
        {PAGES.filter(({ isForGoverning }) => !isForGoverning || mayGovern).map(({ href, name, badge }) => {
          const count = overview && badge ? badge(overview) : 0;
          return (
            <a key={href} href={href} aria-current={isHere(href, pathname) ? 'page' : undefined}>
              {name}
              {count > 0 && (
                <span className="badge">
                  {grouped(count)}
                  <span className="unseen"> need a person</span>
                </span>
              )}
            </a>
          );
        })}
        <a href="/docs">API</a>
      </nav>
      <div className="who">
        <p>
          <b>{token_id}</b>
          <br />
          <span className="quiet">
            {role}
            {creators === 'all'
              ? ''
              : `, ${creators.length} ${creators.length === 1 ? 'creator' : 'creators'}`}
          </span>
        </p>
        <button type="button" className="quiet" onClick={() => void signOut()}>
          Sign out
        </button>
      </div>
    </header>
  );
}
