import '../../work.css';
import { readOperation, segment } from '../../../../src/console/data.ts';
import { OperationScreen } from '../../../../src/console/operations/one.tsx';
import { Problem } from '../../../../src/console/ui/state.tsx';

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props) {
  return { title: segment((await params).id) };
}

/** One operation, from when it was asked for to its end. */
export default async function Page({ params }: Props) {
  const id = segment((await params).id);
  const operation = await readOperation(id);
  if (operation.is === 'problem')
    return (
      <>
        <h1 className="anywhere">{id}</h1>
        <Problem>{operation.detail}</Problem>
      </>
    );
  return <OperationScreen key={id} operation={operation.value} />;
}
