// npm's oauth4webapi against a served provider: it registers itself, then signs a person in with
// pushed requests, signed assertions and DPoP with the provider's nonces. What it validates by
// itself (shapes, issuer, `iss`, state, nonce, PKCE, at_hash, signatures) is validated on the way.
// Reads its orders from standard input, answers on standard output, one JSON line each.
import { createInterface } from 'node:readline';
import * as oauth from 'oauth4webapi';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value);
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const order = await read();
const plain = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(order.issuer);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, plain));

const keys = await oauth.generateKeyPair('ES256', { extractable: true });
const client = await oauth.processDynamicClientRegistrationResponse(
  await oauth.dynamicClientRegistrationRequest(server, {
    client_name: 'oauth4webapi',
    redirect_uris: [order.redirect_uri],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid profile offline_access',
    token_endpoint_auth_method: 'private_key_jwt',
    id_token_signed_response_alg: 'ES256',
    userinfo_signed_response_alg: 'ES256',
    introspection_signed_response_alg: 'ES256',
    dpop_bound_access_tokens: true,
    dpop_nonce_required: true,
    jwks: { keys: [{ ...(await crypto.subtle.exportKey('jwk', keys.publicKey)), kid: 'k1', use: 'sig', alg: 'ES256' }] },
  }, { initialAccessToken: order.initial_access_token, ...plain }),
);

const authentication = oauth.PrivateKeyJwt({ key: keys.privateKey, kid: 'k1' });
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
const options = { DPoP, ...plain };
let nonces = 0;

// As its documentation asks: once more with the nonce that the refusal brought.
async function withNonce(request, process) {
  try {
    return await process(await request());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    nonces += 1;
    return process(await request());
  }
}

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const nonce = oauth.generateRandomNonce();
const pushed = await withNonce(
  async () => oauth.pushedAuthorizationRequest(server, client, authentication, new URLSearchParams({
    redirect_uri: order.redirect_uri,
    response_type: 'code',
    scope: 'openid profile offline_access',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  }), options),
  (response) => oauth.processPushedAuthorizationResponse(server, client, response),
);
const address = new URL(server.authorization_endpoint);
address.searchParams.set('client_id', client.client_id);
address.searchParams.set('request_uri', pushed.request_uri);
say({ address: address.href });

const { callback } = await read();
const parameters = oauth.validateAuthResponse(server, client, new URL(callback), state);
const signed = async (response) => {
  await oauth.validateApplicationLevelSignature(server, response, plain);
  return response;
};
const tokens = await withNonce(
  () => oauth.authorizationCodeGrantRequest(server, client, authentication, parameters, order.redirect_uri, verifier, options),
  async (response) => {
    const found = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
    await signed(response);
    return found;
  },
);
const claims = oauth.getValidatedIdTokenClaims(tokens);
const userinfo = await withNonce(
  () => oauth.userInfoRequest(server, client, tokens.access_token, options),
  async (response) => {
    const found = await oauth.processUserInfoResponse(server, client, claims.sub, response);
    await signed(response);
    return found;
  },
);
const refreshed = await withNonce(
  () => oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token, options),
  (response) => oauth.processRefreshTokenResponse(server, client, response),
);
const inspect = async () => {
  const response = await oauth.introspectionRequest(server, client, authentication, refreshed.access_token, plain);
  const found = await oauth.processIntrospectionResponse(server, client, response);
  await signed(response);
  return found;
};
const before = await inspect();
await oauth.processRevocationResponse(
  await oauth.revocationRequest(server, client, authentication, refreshed.refresh_token, plain),
);
say({ client_id: client.client_id, claims, userinfo, nonces, before, after: await inspect() });
