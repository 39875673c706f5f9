import { useState } from 'preact/hooks';
import type { Read } from '../data.ts';
import type { Delivery, Token, Webhook } from '../types.ts';
import { Problem } from '../ui/state.tsx';
import { useWho } from '../ui/overview.tsx';
import { Deliveries } from './deliveries.tsx';
import { Once } from './once.tsx';
import { Tokens } from './tokens.tsx';
import { WebhookCard } from './webhook.tsx';

/** Who may come in, and who is told what has ended. */
export function SettingsScreen({
  tokens,
  webhook,
  deliveries,
}: {
  tokens: Read<{ tokens: Token[] }>;
  webhook: Read<Webhook> | undefined;
  deliveries: Read<{ deliveries: Delivery[] }>;
}) {
  const { token_id } = useWho();
  const [secret, setSecret] = useState<{ name: string; text: string }>();
  return (
    <>
      <div className="head">
        <div>
          <h1>Settings</h1>
          <p className="quiet">Tokens let programs and people in; a webhook is told of what has ended.</p>
        </div>
      </div>
      {secret && <Once {...secret} onClose={() => setSecret(undefined)} />}
      <div className="column">
        {tokens.is === 'problem' ? (
          <Problem>{tokens.detail}</Problem>
        ) : (
          <Tokens
            tokens={tokens.value.tokens}
            own={token_id}
            onMade={text => setSecret({ name: 'The new token', text })}
          />
        )}
        {webhook?.is === 'problem' ? (
          <Problem>{webhook.detail}</Problem>
        ) : (
          <WebhookCard
            webhook={webhook?.value}
            onSet={text => setSecret({ name: 'The webhook’s secret', text })}
          />
        )}
        {deliveries.is === 'read' && <Deliveries deliveries={deliveries.value.deliveries} />}
      </div>
    </>
  );
}
