/** What went wrong with a request, always as the client's failure, which has words for the reader. */
import { ApiFailure } from '../../../sdk/client.ts';

export { ApiFailure };
export const asFailure = (error: unknown): ApiFailure =>
  error instanceof ApiFailure ? error : new ApiFailure(0, error instanceof Error ? error.message : String(error), 'Reload the page.');

/** The login is missing or has ended. */
export const isLoginFailure = (failure: ApiFailure): boolean => failure.status === 401;
