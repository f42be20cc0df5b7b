// oidc-provider's storage on SQLite: as durable as the provider that it is measured against.
import { DatabaseSync } from 'node:sqlite';

import { GRANTED, now } from './storage.mjs';

export async function adapters(path) {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 30000');
  database.exec(`
    CREATE TABLE IF NOT EXISTS model (
      kind TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL,
      grant_id TEXT, uid TEXT, expires_at INTEGER, PRIMARY KEY (kind, id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS model_grant ON model (grant_id);
    CREATE INDEX IF NOT EXISTS model_uid ON model (kind, uid);
  `);
  const upsert = database.prepare('INSERT INTO model VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at');
  const find = database.prepare('SELECT payload, expires_at FROM model WHERE kind = ? AND id = ?');
  const findByUid = database.prepare('SELECT payload FROM model WHERE kind = ? AND uid = ?');
  const consume = database.prepare("UPDATE model SET payload = json_set(payload, '$.consumed', ?) WHERE kind = ? AND id = ?");
  const destroy = database.prepare('DELETE FROM model WHERE kind = ? AND id = ?');
  const revoke = database.prepare('DELETE FROM model WHERE grant_id = ?');

  return class {
    constructor(kind) {
      this.kind = kind;
    }

    async upsert(id, payload, lifetime) {
      const grant = GRANTED.has(this.kind) ? (payload.grantId ?? null) : null;
      const end = lifetime ? now() + lifetime : null;
      upsert.run(this.kind, id, JSON.stringify(payload), grant, payload.uid ?? null, end);
    }

    async find(id) {
      const row = find.get(this.kind, id);
      if (!row || (row.expires_at !== null && row.expires_at <= now())) return undefined;
      return JSON.parse(row.payload);
    }

    async findByUid(uid) {
      const row = findByUid.get(this.kind, uid);
      return row && JSON.parse(row.payload);
    }

    async findByUserCode() {
      return undefined;
    }

    async consume(id) {
      consume.run(now(), this.kind, id);
    }

    async destroy(id) {
      destroy.run(this.kind, id);
    }

    async revokeByGrantId(grant) {
      revoke.run(grant);
    }
  };
}
