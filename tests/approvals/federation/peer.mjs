// npm's oidc-provider, as the provider of an organisation. Prints its issuer once it listens.
//
// An interaction is completed by its address: ?login=SUBJECT&amr=pwd,mfa&acr=VALUE.

import { createServer } from "node:http";
import { once } from "node:events";
import Provider from "oidc-provider";

const server = createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://localhost:${server.address().port}`;

const provider = new Provider(issuer, {
  acrValues: ["urn:secure-access:aal2"],
  claims: {
    openid: ["sub", "sid", "auth_time", "acr", "amr"],
    email: ["email", "email_verified"],
    profile: ["given_name", "family_name", "name"],
  },
  conformIdTokenClaims: false,
  cookies: { keys: ["of a test"] },
  features: {
    backchannelLogout: { enabled: true },
    devInteractions: { enabled: false },
    registration: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  // Its own refuses the loopback, on which the tests listen.
  fetch: (url, { dispatcher: _unused, ...options }) => globalThis.fetch(url, options),
  findAccount: (_ctx, sub) => ({
    accountId: sub,
    claims: () => ({
      sub,
      email: `${sub}@elsewhere.example`,
      email_verified: false,
      given_name: "Grace",
      family_name: "Hopper",
    }),
  }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  ttl: { Session: 3600, Grant: 3600, IdToken: 300, Interaction: 300, AccessToken: 300 },
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  const details = await provider.interactionDetails(ctx.req, ctx.res);
  const { login, amr, acr } = ctx.query;
  if (details.prompt.name === "login" && !login) {
    ctx.body = "sign in";
    return;
  }
  const result = {};
  if (login) {
    result.login = { accountId: login, acr, amr: amr ? amr.split(",") : undefined };
  }
  const grant = new provider.Grant({
    accountId: login ?? details.session.accountId,
    clientId: details.params.client_id,
  });
  grant.addOIDCScope("openid email profile");
  result.consent = { grantId: await grant.save() };
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
  ctx.respond = false;
});

server.on("request", provider.callback());
console.log(JSON.stringify({ issuer }));
process.stdin.on("end", () => process.exit(0)).resume();
