/** Launch handles of the EHR launch (https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch): one use, one minute, one user, one app. */
import type { Clock } from '../../core/clock.js';
import { randomSecret } from '../../core/id.js';
import type { GrantStore } from '../../store/grant.js';
import { makeCollection } from '../grant/collection.js';
import type { LaunchContext } from '../grant/context.js';

export interface LaunchHandle extends LaunchContext {
  /** client_id of the app that is opened. */
  readonly client: string;
  /** Id of the account that opened it. */
  readonly user: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

export interface Launches {
  /** Returns the handle; it is good for one minute. */
  open(launch: Omit<LaunchHandle, 'expires'>): Promise<string>;
  /** Resolves with the context when the handle is of this user and app; it is used up then, and also when it is not. */
  redeem(handle: string, by: Pick<LaunchHandle, 'client' | 'user'>): Promise<LaunchContext | undefined>;
}

export const launchSeconds = 60;

export const makeLaunches = (grants: GrantStore, clock: Clock): Launches => {
  const handles = makeCollection<LaunchHandle>(grants, 'launch', ({ expires }) => ({ expires }));
  return {
    open: async (launch) => {
      const handle = randomSecret();
      await handles.put(handle, { ...launch, expires: clock.now() + launchSeconds * 1000 });
      return handle;
    },
    redeem: async (handle, { client, user }) => {
      const launch = await handles.take(handle);
      return launch?.client === client && launch.user === user ? launch : undefined;
    },
  };
};
