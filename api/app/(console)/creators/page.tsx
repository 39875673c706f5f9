import { CreatorsScreen } from '../../../src/console/creators/screen.tsx';

export const metadata = { title: 'Creators' };

/** All creators, trouble first; what of them is shown is in the address. */
export default async function Page({
  searchParams,
}: {
  searchParams: Promise<Record<'state' | 'q', string | string[] | undefined>>;
}) {
  const { state, q } = await searchParams;
  return (
    <CreatorsScreen
      state={typeof state === 'string' ? state : undefined}
      words={typeof q === 'string' ? q.slice(0, 128) : ''}
    />
  );
}
