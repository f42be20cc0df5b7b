// Shared by the adapters of both databases.
export const GRANTED = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode', 'BackchannelAuthenticationRequest']);
export const now = () => Math.floor(Date.now() / 1000);
