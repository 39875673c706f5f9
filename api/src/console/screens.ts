import { ActivityScreen } from './activity/screen.tsx';
import { CreatorScreen } from './creators/one.tsx';
import { CreatorsScreen } from './creators/screen.tsx';
import { LettersScreen } from './letters/screen.tsx';
import { LimitsScreen } from './limits/screen.tsx';
import { OperationScreen } from './operations/one.tsx';
import { OperationsScreen } from './operations/screen.tsx';
import { OverviewScreen } from './overview/screen.tsx';
import { SettingsScreen } from './settings/screen.tsx';
import { AbsentScreen, FailedScreen, UntoldScreen } from './ui/instead.tsx';
import { SignInScreen } from './ui/sign-in.tsx';

/** What a page can show, by a name that the server and the browser both know it by. */
export const SCREENS = {
  overview: OverviewScreen,
  creators: CreatorsScreen,
  creator: CreatorScreen,
  operations: OperationsScreen,
  operation: OperationScreen,
  letters: LettersScreen,
  limits: LimitsScreen,
  activity: ActivityScreen,
  settings: SettingsScreen,
  signIn: SignInScreen,
  /** Instead of what was asked for. */
  absent: AbsentScreen,
  failed: FailedScreen,
  untold: UntoldScreen,
};

export type ScreenName = keyof typeof SCREENS;
/** What a screen is given: it goes to the browser as JSON, too. */
export type PropsOf<S extends ScreenName> = Parameters<(typeof SCREENS)[S]>[0];
