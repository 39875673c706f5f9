import { useState } from 'preact/hooks';
import type { Webhook } from '../types.ts';
import { Act, REASON } from '../ui/act.tsx';
import { When } from '../ui/clock.tsx';

/** Where this token's webhook leads, and how that is changed. */
export function WebhookCard(props: { webhook: Webhook | undefined; onSet: (secret: string) => void }) {
  const [webhook, setWebhook] = useState(props.webhook);
  return (
    <section className="card" aria-labelledby="webhook">
      <header>
        <h2 id="webhook">Webhook of this token</h2>
        <div className="buttons">
          <Act
            label={webhook ? 'Change' : 'Set'}
            title="Where is told what has ended?"
            confirm="Set it"
            done="The webhook is set: its secret is shown once."
            path="/api/webhook"
            method="PUT"
            fields={[
              {
                name: 'url',
                label: 'Address',
                required: true,
                maxLength: 2_000,
                hint: 'https://…; every end of what this token asks for is posted there, signed',
                ...(webhook && { initial: webhook.url }),
              },
              REASON,
            ]}
            onDone={answer => {
              const { secret, ...set } = answer as Webhook & { secret: string };
              props.onSet(secret);
              setWebhook(set);
            }}
          />
          {webhook && (
            <Act
              label="End"
              look="quiet"
              title="Tell nothing more?"
              confirm="End it"
              done="Nothing more is told."
              path="/api/webhook"
              method="DELETE"
              fields={[REASON]}
              isGrave
              onDone={() => setWebhook(undefined)}
            />
          )}
        </div>
      </header>
      <div className="inside">
        {webhook ? (
          <p className="anywhere">
            <code>{webhook.url}</code>{' '}
            <span className="quiet">
              set <When at={webhook.since} />
            </span>
          </p>
        ) : (
          <p className="quiet">None: nobody is told when something has ended.</p>
        )}
      </div>
    </section>
  );
}
