import '../work.css';
import { readDeliveries, readTokens, readWebhook } from '../../../src/console/data.ts';
import { SettingsScreen } from '../../../src/console/settings/screen.tsx';

export const metadata = { title: 'Settings' };

/** Who may come in, and who is told what has ended. */
export default async function Page() {
  const [tokens, webhook, deliveries] = await Promise.all([readTokens(), readWebhook(), readDeliveries()]);
  return <SettingsScreen tokens={tokens} webhook={webhook} deliveries={deliveries} />;
}
