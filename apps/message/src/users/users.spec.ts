import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Page, type Profile, type User } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { type TestPerson, TestService } from '../testing/test-service.js';

let service: TestService;
let sql: pg.Pool;
let ada: TestPerson;

beforeAll(async () => {
  service = await TestService.start();
  sql = service.app.get(pg.Pool);
  ada = await service.person();
});

afterAll(() => service?.stop());

async function insert(username: string, displayName: string): Promise<string> {
  const id = randomUUID();
  await sql.query('INSERT INTO messaging.users (id, username, display_name) VALUES ($1, $2, $3)', [
    id,
    username,
    displayName,
  ]);
  return id;
}

async function find(search: string, limit = 50): Promise<string[]> {
  const names: string[] = [];
  let cursor = '';
  do {
    const path = `/v1/users?search=${encodeURIComponent(search)}&limit=${limit}${cursor}`;
    const { status, body } = await service.ask<Page<User>>(ada, 'GET', path);
    expect(status).toBe(200);
    expect(body.items.length).toBeLessThanOrEqual(limit);
    names.push(...body.items.map(({ username }) => username));
    cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
  } while (cursor !== '');
  return names;
}

describe('people are found', () => {
  test('by the beginning of the username, the very name first, and nothing in it is a wildcard', async () => {
    for (const name of ['zoe-2', 'zoe', 'zoe-1', 'zo_', 'zoe.x']) await insert(name, name);
    expect(await find('ZOE')).toEqual(['zoe', 'zoe-1', 'zoe-2', 'zoe.x']);
    expect(await find('zo_')).toEqual(['zo_']);
    expect(await find('zo%')).toEqual([]);
  });

  test('by the beginning of any word of the display name, in any case', async () => {
    await insert('countess', 'Ada Lovelace');
    await insert('jl', "Jean-Luc d'Ormesson");
    await insert('aerzte', 'ÄRZTE Übers  Meer');
    for (const search of ['love', 'ada love', 'ADA', 'Ada Lovelace']) {
      expect(await find(search)).toEqual(['countess']);
    }
    for (const search of ['luc', 'ormesson', 'jean-luc d']) expect(await find(search)).toEqual(['jl']);
    for (const search of ['ärzte', 'über']) expect(await find(search)).toEqual(['aerzte']);
    expect(await find('ovelace')).toEqual([]);
  });

  test('each once, usernames before names, in the same order on pages of any size', async () => {
    await insert('mira.z', 'Mira Miranda');
    await insert('x-1', 'Mira Mirabelle');
    await insert('x-2', 'Old Mirabelle');
    await insert('mira', 'Somebody');
    await insert('x-3', 'Mirabelle');
    const all = await find('mira');
    expect(all.slice(0, 2)).toEqual(['mira', 'mira.z']);
    expect([...all].sort()).toEqual(['mira', 'mira.z', 'x-1', 'x-2', 'x-3']);
    for (const limit of [1, 2, 3, 4, 5]) expect(await find('mira', limit)).toEqual(all);
  });

  test('by the name that they have now', async () => {
    const grace = await service.person();
    await service.ask(grace, 'PATCH', '/v1/users/me', { body: { displayName: 'Grace Brewster' } });
    expect(await find('brewster')).toHaveLength(1);
    await service.ask(grace, 'PATCH', '/v1/users/me', { body: { displayName: 'Grace Hopper' } });
    expect(await find('brewster')).toEqual([]);
    expect(await find('hopper')).toHaveLength(1);
  });

  test.each(['search=%00', 'search=', 'search=a&cursor=x', 'search=a&limit=1000', 'search=a&other=1', ''])(
    'not with %j',
    async (query) => {
      const { status } = await service.ask(ada, 'GET', `/v1/users?${query}`);
      expect(status).toBe(400);
    },
  );
});

describe('who may see that one is online', () => {
  test('is people in shared conversations at first, and what one chooses then', async () => {
    const grace = await service.person();
    expect((await service.ask<Profile>(grace, 'GET', '/v1/users/me')).body.presenceVisibleTo).toBe('shared');
    const body = { presenceVisibleTo: 'nobody' };
    const changed = await service.ask<Profile>(grace, 'PATCH', '/v1/users/me', { body });
    expect(changed).toMatchObject({ status: 200, body: { id: grace.id, presenceVisibleTo: 'nobody' } });
    expect((await service.ask<Profile>(grace, 'GET', '/v1/users/me')).body).toEqual(changed.body);
  });

  test('is told to nobody else', async () => {
    const grace = await service.person();
    await service.ask(grace, 'PATCH', '/v1/users/me', { body: { displayName: 'Quiet Person' } });
    const seen = { id: grace.id, username: expect.any(String), displayName: 'Quiet Person' };
    expect((await service.ask(ada, 'GET', `/v1/users/${grace.id}`)).body).toEqual(seen);
    expect((await service.ask<Page<User>>(ada, 'GET', '/v1/users?search=quiet')).body.items).toEqual([seen]);
  });

  test.each([{}, { presenceVisibleTo: 'friends' }, { presenceVisibleTo: null }, { isAdmin: true }])(
    'is not changed by %j',
    async (body) => {
      expect((await service.ask(ada, 'PATCH', '/v1/users/me', { body })).status).toBe(400);
    },
  );
});
