import { readCreator, readOperations, segment } from '../../../../src/console/data.ts';
import { CreatorScreen } from '../../../../src/console/creators/one.tsx';
import { Problem } from '../../../../src/console/ui/state.tsx';

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props) {
  return { title: segment((await params).id) };
}

/** One creator: what it waits for and until when, its operations, what can be done. */
export default async function Page({ params }: Props) {
  const id = segment((await params).id);
  const [creator, operations] = await Promise.all([
    readCreator(id),
    readOperations({ creator: id, limit: '50' }),
  ]);
  if (creator.is === 'problem')
    return (
      <>
        <h1>{id}</h1>
        <Problem>{creator.detail}</Problem>
      </>
    );
  return (
    <CreatorScreen
      creator={creator.value}
      operations={operations.is === 'read' ? operations.value : undefined}
    />
  );
}
